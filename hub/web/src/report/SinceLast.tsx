import { Link } from '@tanstack/react-router';
import type { SinceLast as Since } from '../api/documents.ts';
import { countText } from '../format/amounts.ts';
import { instantText } from '../format/times.ts';
import { Surface } from '../parts/Surface.tsx';
import { CLASS_LABELS } from './classes.ts';
import classes from './SinceLast.module.css';
import { changeText, rowsOf } from './since-last.ts';

/** What is new, what is still there and what has gone since the last report of the same sides and filter. */
export function SinceLast({ since }: { since: Since }) {
  const rows = rowsOf(since);
  const at = instantText(since.completedAt);
  return (
    <Surface
      flush
      title="Since the last report"
      testId="since-last"
      note={
        <>
          Compared with{' '}
          {since.id === null ? (
            `the report of ${at}, which has been removed`
          ) : (
            <Link to="/reports/$id" params={{ id: since.id }} className={classes.link}>
              the report of {at}
            </Link>
          )}
        </>
      }
    >
      <p className={classes.words}>{changeText(since)}.</p>
      {rows.length > 0 ? (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col">New</th>
              <th scope="col">Still there</th>
              <th scope="col">No longer</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, appeared, stayed, gone }) => (
              <tr key={name}>
                <th scope="row">{CLASS_LABELS[name]}</th>
                <td
                  data-tone={appeared > 0 && name !== 'extra' ? 'warn' : undefined}
                  data-zero={appeared === 0 || undefined}
                >
                  {countText(appeared)}
                </td>
                <td data-zero={stayed === 0 || undefined}>{countText(stayed)}</td>
                <td data-zero={gone === 0 || undefined}>{countText(gone)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </Surface>
  );
}
