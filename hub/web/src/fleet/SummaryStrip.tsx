import { IconAlertTriangle, IconCloudUpload, IconDeviceCctv, IconShieldCheck } from '@tabler/icons-react';
import { bytesText, countText, plural } from '../format/amounts.ts';
import type { FleetSummary, FleetView } from './entries.ts';
import classes from './FleetGrid.module.css';
import { SummaryTile } from './SummaryTile.tsx';

/** The fleet in four figures; each leads to the cards that it counts. */
export function SummaryStrip({ summary, onView }: { summary: FleetSummary; onView: (view: FleetView) => void }) {
  const { devices, online, sources, backlog, verified, problems, troubled, worst } = summary;
  return (
    <section className={classes.strip} aria-label="Summary">
      <SummaryTile
        icon={<IconDeviceCctv />}
        tone={online === devices ? 'good' : 'warn'}
        label="Devices online"
        value={countText(online)}
        of={countText(devices)}
        note={plural(sources, 'source')}
        onClick={() => onView(online === devices ? 'all' : 'offline')}
      />
      <SummaryTile
        icon={<IconCloudUpload />}
        tone={backlog.count === 0 ? 'good' : 'warn'}
        label="Backlog"
        value={countText(backlog.count)}
        note={backlog.count === 0 ? 'all has arrived' : `${bytesText(backlog.bytes)} to send`}
        onClick={() => onView('backlog')}
      />
      <SummaryTile
        icon={<IconShieldCheck />}
        tone="good"
        label="Verified so far"
        value={countText(verified.count)}
        note={`${bytesText(verified.bytes)} delivered`}
        hint="All deliveries so far that their destination has proved; a file counts once for each destination."
        onClick={() => onView('all')}
      />
      <SummaryTile
        icon={<IconAlertTriangle />}
        tone={worst ?? 'good'}
        label="Problems"
        value={countText(problems)}
        note={troubled === 0 ? 'all is well' : `in ${plural(troubled, 'source')}`}
        onClick={() => onView('problems')}
      />
    </section>
  );
}
