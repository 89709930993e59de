import type { ReactNode } from 'react';
import type { Device, KnownSource, SourceState } from '../api/documents.ts';
import { ActivityPills } from '../fleet/ActivityPills.tsx';
import { bytesText, countText, plural } from '../format/amounts.ts';
import { durationText, millisOf } from '../format/times.ts';
import { Ago } from '../parts/Ago.tsx';
import { useNow } from '../parts/now.ts';
import { Surface } from '../parts/Surface.tsx';
import classes from './Condition.module.css';

type Props = { device: Device; state: SourceState | undefined; known: KnownSource | undefined };

/** How the source and its device are. */
export function Condition({ device, state, known }: Props) {
  const whole = device.state;
  const rows: [string, ReactNode][] = [
    ['Last capture', state?.lastCaptureAt ? <Ago key="at" at={state.lastCaptureAt} zone={state.zone} /> : 'none yet'],
    ['Next capture', state?.nextCaptureAt ? <Until key="at" at={state.nextCaptureAt} /> : 'not scheduled'],
    ['Held on the device', state ? `${plural(state.held.count, 'file')} · ${bytesText(state.held.bytes)}` : 'not told'],
    ['Known to the hub', known ? knownText(known) : 'nothing yet'],
    ['Waiting to be processed', countText(state?.waiting ?? 0)],
    ['Files in failure', countText(state?.failures ?? 0)],
  ];
  if (whole)
    rows.push(
      ['Disk', `${bytesText(whole.disk.freeBytes)} of ${bytesText(whole.disk.totalBytes)} free`],
      [
        'Agent',
        `${whole.version}, up ${durationText(whole.uptimeS * 1000)}, ${bytesText(whole.residentBytes)} of memory`,
      ],
    );
  if (state) rows.push(['Time zone', state.zone]);
  return (
    <Surface title="Condition" aside={state ? <ActivityPills state={state} /> : null}>
      <dl className={classes.list}>
        {rows.map(([term, value]) => (
          <div key={term} className={classes.row}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Surface>
  );
}

const knownText = ({ inventory }: KnownSource) =>
  `${plural(inventory.count, 'file')}${inventory.reconciled ? ', reconciled' : ', catching up'}`;

function Until({ at }: { at: number }) {
  const ms = millisOf(at) - useNow();
  return <>{ms > 0 ? `in ${durationText(ms)}` : 'now'}</>;
}
