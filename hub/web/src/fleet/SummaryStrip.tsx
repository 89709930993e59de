import { IconAlertTriangle, IconCloudUpload, IconDeviceCctv, IconShieldCheck } from '@tabler/icons-react';
import { bytesText, countText, plural } from '../format/amounts.ts';
import type { FleetSummary, FleetView } from './entries.ts';
import { SummaryTile } from './SummaryTile.tsx';
import classes from './FleetGrid.module.css';

/** The fleet in four figures; each leads to the cards that it counts. */
export function SummaryStrip({ summary, onView }: { summary: FleetSummary; onView: (view: FleetView) => void }) {
  const { devices, online, sources, backlog, verified, troubled, worst } = summary;
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
        note={backlog.count === 0 ? 'everything has arrived' : `${bytesText(backlog.bytes)} on the way`}
        onClick={() => onView('backlog')}
      />
      <SummaryTile
        icon={<IconShieldCheck />}
        tone="good"
        label="Verified deliveries"
        value={countText(verified.count)}
        note={`${bytesText(verified.bytes)} at destinations`}
        onClick={() => onView('all')}
      />
      <SummaryTile
        icon={<IconAlertTriangle />}
        tone={worst ?? 'good'}
        label="Problems"
        value={countText(troubled)}
        note={troubled === 0 ? 'nothing to look at' : `${plural(troubled, 'source')} to look at`}
        onClick={() => onView('problems')}
      />
    </section>
  );
}
