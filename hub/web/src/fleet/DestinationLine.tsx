import { IconAlertCircle, IconCircleCheck, IconCloudUpload, IconPlayerPause } from '@tabler/icons-react';
import type { DestinationState } from '../api/documents.ts';
import { bytesText, countText } from '../format/amounts.ts';
import { spanText } from '../format/times.ts';
import { useNow } from '../parts/now.ts';
import classes from './DestinationLine.module.css';

/** One destination of a source: all there, or how much is on the way and since when. */
export function DestinationLine({ destination }: { destination: DestinationState }) {
  const now = useNow();
  const { name, state, backlog, oldestAt, paused } = destination;
  const error = paused ? null : destination.error;
  const tone = error ? 'bad' : backlog.count > 0 ? 'busy' : 'good';
  const Icon = error
    ? IconAlertCircle
    : state === 'stopped'
      ? IconPlayerPause
      : backlog.count > 0
        ? IconCloudUpload
        : IconCircleCheck;
  return (
    <li className={classes.root} data-tone={tone}>
      <Icon size={17} aria-hidden="true" />
      <span className={classes.name} title={name}>
        {name}
      </span>
      <span className={classes.state}>
        {backlog.count === 0 ? (
          restText(destination)
        ) : (
          <>
            <strong>{countText(backlog.count)}</strong> · {bytesText(backlog.bytes)}
            {oldestAt === null ? null : <span className={classes.oldest}> · oldest {spanText(now - oldestAt)}</span>}
          </>
        )}
      </span>
    </li>
  );
}

const restText = ({ state, paused }: DestinationState): string => {
  if (paused) return 'Paused';
  return state === 'stopped' ? 'Stopped' : 'All delivered';
};
