import { IconCheck, IconX } from '@tabler/icons-react';
import type { Report } from '../api/documents.ts';
import { countText } from '../format/amounts.ts';
import { Pill } from '../parts/Pill.tsx';
import { attentionOf, outcomeOf } from './outcome.ts';

/** A report's outcome in two words. */
export function StatusPill({ report }: { report: Report }) {
  const { tone, title } = outcomeOf(report);
  const attention = attentionOf(report);
  switch (report.state) {
    case 'queued':
      return <Pill tone="plain">Queued</Pill>;
    case 'running':
      return (
        <Pill tone="calm" pulse>
          Running
        </Pill>
      );
    case 'failed':
      return (
        <Pill tone="bad" icon={<IconX />}>
          Failed
        </Pill>
      );
    case 'cancelled':
      return <Pill tone="plain">Cancelled</Pill>;
    case 'completed':
      return (
        <Pill tone={tone} icon={tone === 'good' ? <IconCheck /> : undefined}>
          {attention > 0 ? `${countText(attention)} not in sync` : title}
        </Pill>
      );
  }
}
