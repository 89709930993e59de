import type { UnmatchedEntry } from '../api/documents.ts';
import { bytesText } from '../format/amounts.ts';
import { causeText, shownName } from '../format/names.ts';
import { Pill } from '../parts/Pill.tsx';
import { ACTION_TONES } from './actions.ts';
import { CLASS_LABELS, CLASS_TONES } from './classes.ts';
import classes from './UnmatchedTable.module.css';

/** A page of unmatched files; on a narrow page each is a small card. */
export function UnmatchedTable({ entries }: { entries: UnmatchedEntry[] }) {
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col">Path</th>
          <th scope="col">At source</th>
          <th scope="col">At destination</th>
          <th scope="col">Cause, and what mends it</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={`${entry.class} ${entry.path}`} data-testid="unmatched-row">
            <td className={classes.class}>
              <Pill tone={CLASS_TONES[entry.class]}>{CLASS_LABELS[entry.class]}</Pill>
            </td>
            <td className={classes.path}>
              {shownName(entry.path)}
              {entry.isNew ? <span className={classes.new}>new</span> : null}
            </td>
            <td className={classes.size} data-label="source">
              {entry.sourceSize === null ? '–' : bytesText(entry.sourceSize)}
            </td>
            <td className={classes.size} data-label="destination">
              {entry.destinationSize === null ? '–' : bytesText(entry.destinationSize)}
            </td>
            <td className={classes.cause}>
              {causeText(entry.cause)}
              <div className={classes.advice} data-tone={ACTION_TONES[entry.action]} data-action={entry.action}>
                {entry.advice}
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
