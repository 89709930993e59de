import { Progress } from '@mantine/core';
import type { DestinationState, SourceState } from '../api/documents.ts';
import { bytesText, countText, percentOf } from '../format/amounts.ts';
import { takenText } from '../format/names.ts';
import { Ago } from '../parts/Ago.tsx';
import { Pill } from '../parts/Pill.tsx';
import { Surface } from '../parts/Surface.tsx';
import classes from './Destinations.module.css';
import { Pause, pauseText } from './Pause.tsx';

type Props = { address: { site: string; device: string }; state: SourceState; offline: boolean };

/** Where this source's pictures go, and how far each place is. */
export function Destinations({ address, state, offline }: Props) {
  return (
    <Surface title="Destinations">
      {state.destinations.length === 0 ? (
        <p className={classes.none}>This source has no destination: its pictures stay on the device.</p>
      ) : (
        <ul className={classes.list}>
          {state.destinations.map((destination) => (
            <Destination key={destination.name} address={address} destination={destination} offline={offline} />
          ))}
        </ul>
      )}
    </Surface>
  );
}

const STATES = {
  idle: ['good', 'Idle'],
  delivering: ['calm', 'Delivering'],
  waiting: ['warn', 'Waiting'],
  stopped: ['plain', 'Stopped'],
} as const;

const PAUSED = ['warn', 'Paused'] as const;
/** Nobody knows what it does now. */
const OFFLINE = ['plain', 'Device offline'] as const;

type ItemProps = Omit<Props, 'state'> & { destination: DestinationState };

function Destination({ address, destination, offline }: ItemProps) {
  const { name, backlog, verified, oldestAt, lastDeliveryAt, error, paused, filter } = destination;
  const percent = percentOf(verified.count, verified.count + backlog.count);
  const [tone, label] = offline ? OFFLINE : paused ? PAUSED : STATES[destination.state];
  return (
    <li className={classes.item}>
      <div className={classes.head}>
        <span className={classes.name}>{name}</span>
        <span className={classes.now}>
          <Pill tone={error && !paused ? 'bad' : tone} pulse={!offline && destination.state === 'delivering'}>
            {label}
          </Pill>
          {offline ? null : <Pause address={address} destination={destination} />}
        </span>
      </div>
      {paused ? <div className={classes.paused}>{pauseText(paused)}</div> : null}
      {filter ? <div className={classes.takes}>takes only {takenText(filter)}</div> : null}
      <Progress
        value={percent}
        color={error && !paused ? 'coral' : percent === 100 ? 'lagoon' : 'lamp'}
        aria-label={`Verified at ${name}`}
      />
      <div className={classes.figures}>
        <span>
          <strong>{countText(verified.count)}</strong> verified · {bytesText(verified.bytes)}
        </span>
        <span>
          {backlog.count > 0 ? (
            <>
              <strong>{countText(backlog.count)}</strong> to go · {bytesText(backlog.bytes)}
            </>
          ) : (
            'nothing to go'
          )}
        </span>
      </div>
      <div className={classes.figures}>
        <span>
          {lastDeliveryAt ? (
            <>
              last delivery <Ago at={lastDeliveryAt} />
            </>
          ) : (
            'no delivery yet'
          )}
        </span>
        <span>
          {oldestAt ? (
            <>
              oldest <Ago at={oldestAt} />
            </>
          ) : null}
        </span>
      </div>
    </li>
  );
}
