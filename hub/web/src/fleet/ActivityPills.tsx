import { IconCamera, IconClockPlay, IconInbox, IconUpload } from '@tabler/icons-react';
import type { SourceState } from '../api/documents.ts';
import { plural } from '../format/amounts.ts';
import { Pill } from '../parts/Pill.tsx';
import classes from './ActivityPills.module.css';
import { cadenceText } from './cadence.ts';

/** What a source is doing now, and how often it takes a picture. */
export function ActivityPills({ state }: { state: SourceState }) {
  const delivering = state.destinations.some((destination) => destination.state === 'delivering');
  const cadence = cadenceText(state);
  if (!state.capturing && !delivering && !cadence && state.waiting === 0) return null;
  return (
    <div className={classes.root}>
      {state.capturing ? (
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
