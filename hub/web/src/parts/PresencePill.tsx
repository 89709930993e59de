import { Tooltip } from '@mantine/core';
import type { Device } from '../api/documents.ts';
import { instantText, millisOf, spanText } from '../format/times.ts';
import type { Tone } from '../report/outcome.ts';
import { useNow } from './now.ts';
import { Pill } from './Pill.tsx';

const TONES: Record<Device['presence'], Tone> = { online: 'good', late: 'warn', offline: 'bad' };
const LABELS: Record<Device['presence'], string> = { online: 'Online', late: 'Late', offline: 'Offline' };

/** Online, late or offline, and for how long when that is not well. */
export function PresencePill({ device }: { device: Pick<Device, 'presence' | 'since' | 'lastHeardAt' | 'drill'> }) {
  const now = useNow();
  const { presence, since, lastHeardAt, drill } = device;
  if (drill && presence !== 'online') {
    return (
      <Tooltip label={`Away for an outage drill; it is back by itself at ${instantText(drill.until)}.`}>
        <span>
          <Pill tone="calm" testId="presence">
            Drill · {spanText(millisOf(drill.until) - now)} left
          </Pill>
        </span>
      </Tooltip>
    );
  }
  return (
    <Tooltip label={`${LABELS[presence]} since ${instantText(since)}. Last heard of ${instantText(lastHeardAt)}.`}>
      <span>
        <Pill tone={TONES[presence]} testId="presence">
          {LABELS[presence]}
          {presence === 'online' ? '' : ` · ${spanText(now - millisOf(since))}`}
        </Pill>
      </span>
    </Tooltip>
  );
}
