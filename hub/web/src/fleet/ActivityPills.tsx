import { IconCamera, IconClockPlay, IconInbox, IconUpload } from '@tabler/icons-react';
import type { SourceState } from '../api/documents.ts';
import { plural } from '../format/amounts.ts';
import { Pill } from '../parts/Pill.tsx';
import classes from './ActivityPills.module.css';
import { cadenceText } from './cadence.ts';

type Props = { state: SourceState; offline: boolean };

/** What a source is doing now, and how often it takes a picture. Of a device that is offline nobody knows what it does. */
export function ActivityPills({ state, offline }: Props) {
  const capturing = state.capturing && !offline;
  const delivering = !offline && state.destinations.some((destination) => destination.state === 'delivering');
  const cadence = cadenceText(state);
  if (!capturing && !delivering && !cadence && state.waiting === 0) return null;
  return (
    <div className={classes.root}>
      {capturing ? (
        <Pill tone="good" icon={<IconCamera />}>
          Capturing
        </Pill>
      ) : null}
      {delivering ? (
        <Pill tone="calm" icon={<IconUpload />}>
          Delivering
        </Pill>
      ) : null}
      {cadence ? (
        <Pill tone="plain" icon={<IconClockPlay />}>
          {cadence}
        </Pill>
      ) : null}
      {state.waiting > 0 ? (
        <Pill tone="plain" icon={<IconInbox />}>
          {plural(state.waiting, 'file')} waiting
        </Pill>
      ) : null}
    </div>
  );
}
