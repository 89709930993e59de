import { createReadings } from '@vigie/agent/power/readings';
import type { Sensor } from '@vigie/hardware/sensor/sensor';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { createSteppedClock } from '../../support/stepped-clock.ts';

const sensor = (name: string, read: () => Promise<number>): Sensor => ({ name, quantity: 'temperature', read });
const never = new AbortController().signal;

test('the newest value is kept with its time and unit; one bad reading leaves it, an absent sensor takes it away', async () => {
  const clock = createSteppedClock();
  let answer: () => Promise<number> = async () => 21.5;
  const readings = createReadings({ sensors: [sensor('dome', () => answer())], limitMs: 1_000, clock, log: silentLog });
  const unread = { name: 'dome', quantity: 'temperature', unit: '°C', value: null, at: null, error: null };
  expect(readings.states()).toEqual([unread]);
  await readings.readAll(never);
  const at = clock.now();
  await clock.go(5_000);
  answer = async () => {
    throw new VigieError('sensor-failed', 'bad checksum');
  };
  await readings.readAll(never);
  expect(readings.newest('dome')).toEqual({ value: 21.5, at, monotonicMs: 0 });
  expect(readings.states()).toEqual([{ ...unread, value: 21.5, at, error: 'bad checksum' }]);
  answer = async () => {
    throw new VigieError('sensor-absent', 'unplugged');
  };
  await readings.readAll(never);
  expect(readings.newest('dome')).toBeUndefined();
  expect(readings.states()).toEqual([{ ...unread, error: 'unplugged' }]);
  answer = async () => 3;
  await readings.readAll(never);
  expect(readings.states()).toEqual([{ ...unread, value: 3, at: clock.now(), error: null }]);
});

test('a driver that hangs holds up neither the others nor the next round, and is asked once', async () => {
  const clock = createSteppedClock();
  let asked = 0;
  const hanging = sensor('stuck', () => {
    asked += 1;
    return new Promise(() => undefined);
  });
  const readings = createReadings({
    sensors: [hanging, sensor('well', async () => 7)],
    limitMs: 1_000,
    clock,
    log: silentLog,
  });
  for (const _ of [1, 2]) {
    const round = readings.readAll(never);
    await clock.go(1_000);
    await round;
  }
  expect(asked).toBe(1);
  expect(readings.newest('well')?.value).toBe(7);
  expect(readings.states()[0]?.error).toMatch(/no answer within 1000 ms/);
});
