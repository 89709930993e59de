import type { DeviceState } from '../api/documents.ts';
import { flagText, heaterText, sensorText, sensorTitle } from '../format/surroundings.ts';
import { Ago } from '../parts/Ago.tsx';
import { type Row, Rows } from '../parts/Rows.tsx';
import { Surface } from '../parts/Surface.tsx';
import classes from './PowerAndSensors.module.css';

/** What the device measures, how it is supplied, and what it switches for this source. Nothing where it tells of none. */
export function PowerAndSensors({ state, source }: { state: DeviceState; source: string }) {
  const rows = [...sensorRows(state), ...powerRows(state, source)];
  if (rows.length === 0) return null;
  return (
    <Surface title="Power and sensors">
      <Rows rows={rows} />
    </Surface>
  );
}

const sensorRows = ({ sensors }: DeviceState): Row[] =>
  (sensors ?? []).map((sensor) => [
    sensorTitle(sensor),
    <>
      {sensorText(sensor)}
      {sensor.at === null ? null : (
        <span className={classes.age}>
          {' · '}
          <Ago at={sensor.at} />
        </span>
      )}
    </>,
  ]);

function powerRows({ power }: DeviceState, source: string): Row[] {
  if (!power) return [];
  const { flags, relays, heaters, inputs } = power;
  return [
    ...(flags === null ? [] : ([['Supply', flags.length === 0 ? 'sound' : flags.map(flagText).join(', ')]] as Row[])),
    ...relays
      .filter(({ sources }) => sources.includes(source))
      .map(
        ({ name, powered }): Row => [`Camera power (${name})`, powered === null ? 'unknown' : powered ? 'on' : 'off'],
      ),
    ...heaters.map((heater): Row => [`Heater (${heater.name})`, heaterText(heater)]),
    ...inputs
      .filter((input) => input.source === source)
      .map(
        ({ name, lastAt }): Row => [
          `Trigger (${name})`,
          lastAt === null ? 'not used yet' : <Ago key="at" at={lastAt} />,
        ],
      ),
  ];
}
