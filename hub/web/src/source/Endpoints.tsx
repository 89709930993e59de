import type { EndpointState } from '../api/documents.ts';
import { countText, plural } from '../format/amounts.ts';
import { Ago } from '../parts/Ago.tsx';
import { Pill } from '../parts/Pill.tsx';
import { Surface } from '../parts/Surface.tsx';
import classes from './Destinations.module.css';

const STATES = {
  running: ['good', 'Running'],
  stopped: ['plain', 'Stopped'],
  'not-ready': ['bad', 'Not ready'],
} as const;

/** Nobody knows what it does now. */
const OFFLINE = ['plain', 'Device offline'] as const;

type Props = { endpoints: EndpointState[]; offline: boolean };

/** Watched folders of the device that are no sources. */
export function Endpoints({ endpoints, offline }: Props) {
  if (endpoints.length === 0) return null;
  return (
    <Surface title="Other watched folders of the device">
      <ul className={classes.list}>
        {endpoints.map((endpoint) => (
          <Endpoint key={endpoint.name} endpoint={endpoint} offline={offline} />
        ))}
      </ul>
    </Surface>
  );
}

function Endpoint({ endpoint, offline }: { endpoint: EndpointState; offline: boolean }) {
  const { name, state, waiting, staged, failures, lastScanAt, error } = endpoint;
  const [tone, label] = offline ? OFFLINE : STATES[state];
  return (
    <li className={classes.item}>
      <div className={classes.head}>
        <span className={classes.name}>{name}</span>
        <Pill tone={error ? 'bad' : tone} pulse={!offline && staged > 0}>
          {label}
        </Pill>
      </div>
      <div className={classes.figures}>
        <span>
          <strong>{countText(waiting)}</strong> waiting, <strong>{countText(staged)}</strong> at work
        </span>
        <span>{failures > 0 ? plural(failures, 'failure') : 'no failures'}</span>
      </div>
      <div className={classes.figures}>
        <span>
          {lastScanAt === null ? (
            'not looked at yet'
          ) : (
            <>
              looked at <Ago at={lastScanAt} />
            </>
          )}
        </span>
      </div>
      {error ? <div className={classes.figures}>{error.message}</div> : null}
    </li>
  );
}
