import { ACCOUNTED_MAX } from '@vigie/agent/slots/keeper';
import { createSlots } from '@vigie/agent/store/slots';
import { VigieError } from '@vigie/shared/kit/errors';
import { expect, test } from 'vitest';
import { until } from '../../support/temp.ts';
import { dayOf, memoryFolder, type Shot, simulatedAgent, simulatedTime } from './simulation.ts';

const MINUTE = 60_000;
/** 12:00 in Paris. */
const NOON = Date.UTC(2026, 6, 1, 10);
const DAY = '20260701';
const minute = (at: number) => (at - NOON) / MINUTE;

async function site(
  options: { schedule?: unknown; shoot?: (at: number) => Shot; folder?: string; from?: number } = {},
) {
  const folder = options.folder ?? (await memoryFolder());
  const time = simulatedTime(options.from ?? NOON - 30_000);
  const { schedule = { windows: [{ every: '5m' }] }, shoot } = options;
  const agent = await simulatedAgent({ folder, time, schedule, ...(shoot && { shoot }) });
  const told = () =>
    agent.slots.ofDay(DAY).map(({ at, state, code }) => [minute(at), code === null ? state : `${state}: ${code}`]);
  return { folder, time, agent, told };
}

test('a slot is captured, and delivered once every destination has proved its picture', async () => {
  const { agent, time, told } = await site();
  await agent.start();
  await time.run(MINUTE);
  expect(told()).toEqual([[0, 'captured']]);
  agent.process();
  agent.deliver('mirror');
  expect(told()).toEqual([[0, 'captured']]);
  agent.deliver('archive');
  expect(told()).toEqual([[0, 'delivered']]);
  expect(agent.figures().today).toMatchObject({ day: DAY, delivered: 1, captured: 0, failed: 0 });
  // A new destination owes it again.
  agent.deliveries.oweExisting('garden', 'third');
  expect(told()).toEqual([[0, 'captured']]);
  await agent.stop();
});

test('a picture that is torn, and one whose bytes were not kept, are unreadable', async () => {
  const { agent, time, told } = await site();
  await agent.start();
  await time.run(MINUTE);
  agent.process(() => true);
  await time.run(5 * MINUTE);
  agent.captures.claimed('job-x', agent.input[0] as string);
  agent.captures.rejected('job-x', 'it is empty');
  expect(told()).toEqual([
    [0, 'unreadable'],
    [5, 'unreadable'],
  ]);
  await agent.stop();
});

test('an empty file is no picture: its slot has failed', async () => {
  const { agent, time, told } = await site({ shoot: () => ({ ms: 10, bytes: 0 }) });
  await agent.start();
  await time.run(MINUTE);
  expect(told()).toEqual([[0, 'failed: camera-refused']]);
  await agent.stop();
});

test('a failed slot that is tried again and gives a picture is captured; a later failure takes nothing away from it', async () => {
  let error: Error | undefined = new VigieError('camera-absent', 'capture: no camera');
  const { agent, time, told } = await site({ shoot: () => ({ ms: 10, ...(error && { error }) }) });
  await agent.start();
  await time.run(MINUTE);
  expect(told()).toEqual([[0, 'failed: camera-absent']]);
  error = undefined;
  const again = agent.capturer.capture(NOON);
  await until('the camera was asked again', () => agent.shots.length === 2);
  await time.run(MINUTE);
  await again;
  expect(told()).toEqual([[0, 'captured']]);
  error = new VigieError('camera-absent', 'capture: no camera');
  const refused = expect(agent.capturer.capture(NOON)).rejects.toThrow('no camera');
  await until('the camera was asked once more', () => agent.shots.length === 3);
  await time.run(MINUTE);
  await refused;
  expect(told()).toEqual([[0, 'captured']]);
  await agent.stop();
});

test('a picture on demand is no slot', async () => {
  const { agent, time, told } = await site();
  await agent.start();
  const asked = agent.capturer.capture(NOON - 30_000);
  await until('the camera was asked', () => agent.shots.length === 1);
  await time.run(MINUTE);
  await asked;
  expect(agent.shots).toHaveLength(2);
  expect(told()).toEqual([[0, 'captured']]);
  await agent.stop();
});

test('slots that passed while the agent was not running are device off; a first start has none', async () => {
  const { agent, time, folder, told } = await site();
  await agent.start();
  await time.run(MINUTE);
  time.cut();
  agent.ledger[Symbol.dispose]();
  time.restore(12 * MINUTE);
  const next = await simulatedAgent({ folder, time, schedule: { windows: [{ every: '5m' }] } });
  await next.start();
  await time.run(3 * MINUTE);
  expect(next.slots.ofDay(DAY).map(({ at, state }) => [minute(at), state])).toEqual([
    [0, 'captured'],
    [5, 'off'],
    [10, 'off'],
    [15, 'captured'],
  ]);
  expect(told).toThrow();
  await next.stop();
});

test('the power goes when a slot is prepared and not yet due: it is device off as well', async () => {
  const { agent, time, folder } = await site();
  await agent.start();
  await time.run(5 * MINUTE + 29_900);
  expect(agent.slots.ofDay(DAY).map(({ state }) => state)).toEqual(['captured', 'begun']);
  time.cut();
  agent.ledger[Symbol.dispose]();
  time.restore(MINUTE);
  const next = await simulatedAgent({ folder, time, schedule: { windows: [{ every: '5m' }] } });
  await next.start();
  expect(next.slots.ofDay(DAY).map(({ at, state }) => [minute(at), state])).toEqual([
    [0, 'captured'],
    [5, 'off'],
  ]);
  await next.stop();
});

test('slots that a changed configuration takes away are told, for the rest of the day', async () => {
  const from = Date.UTC(2026, 6, 1, 21, 31);
  const { agent, time, folder } = await site({ from });
  await agent.start();
  await time.run(MINUTE);
  time.cut();
  agent.ledger[Symbol.dispose]();
  time.restore(10_000);
  const next = await simulatedAgent({ folder, time, schedule: { windows: [{ every: '10m' }] } });
  await next.start();
  expect(next.slots.ofDay(DAY).map(({ at, state, code }) => [(at - from) / MINUTE, state, code])).toEqual([
    [4, 'excluded', 'configuration'],
    [14, 'excluded', 'configuration'],
    [24, 'excluded', 'configuration'],
  ]);
  // Those that the new one wants too are as expected as before.
  await time.run(10 * MINUTE);
  expect(next.figures().today).toMatchObject({ captured: 1, excluded: 3 });
  await next.stop();
});

test('a change of the configuration that is taken back makes its slots expected again', async () => {
  const from = Date.UTC(2026, 6, 1, 21, 31);
  const { agent, time, folder } = await site({ from });
  await agent.start();
  await time.run(1_000);
  for (const [index, every] of ['10m', '5m'].entries()) {
    time.cut();
    if (index === 0) agent.ledger[Symbol.dispose]();
    time.restore(1_000);
    const next = await simulatedAgent({ folder, time, schedule: { windows: [{ every }] } });
    await next.start();
    expect(next.figures().today.excluded).toBe(index === 0 ? 3 : 0);
    if (index === 0) {
      time.cut();
      next.ledger[Symbol.dispose]();
    } else await next.stop();
  }
});

test('the oldest rows go, and the figures of their days stay', async () => {
  const { agent } = await site();
  const few = createSlots(agent.ledger, 'garden', 100);
  const rows = Array.from({ length: 600 }, (_, n) => ({
    at: NOON + n * 1_000,
    day: DAY,
    state: n % 3 === 0 ? ('failed' as const) : ('off' as const),
    code: 'x',
    message: 'x',
  }));
  few.fill(rows, NOON + 600_000);
  expect(few.ofDay(DAY).map(({ at }) => at)).toEqual(rows.slice(500).map(({ at }) => at));
  expect(few.figures(DAY)).toMatchObject({ failed: 200, off: 400 });
});

test('an exception of the calendar is told when its slots have passed', async () => {
  const schedule = { windows: [{ every: '5m' }], exceptions: [{ dates: '2026-07-01', windows: [{ every: '15m' }] }] };
  const { agent, time, told } = await site({ schedule });
  await agent.start();
  await time.run(16 * MINUTE);
  expect(told()).toEqual([
    [0, 'captured'],
    [5, 'excluded: exception'],
    [10, 'excluded: exception'],
    [15, 'captured'],
  ]);
  await agent.stop();
});

test('after a month away at a slot a second, the newest are told one by one, and the start does not take long', async () => {
  const schedule = { windows: [{ every: '1s' }] };
  const { agent, time } = await site({ schedule });
  agent.keeper.open();
  time.restore(30 * 86_400_000);
  const begun = performance.now();
  agent.keeper.open();
  expect(performance.now() - begun).toBeLessThan(20_000);
  const today = agent.figures().today;
  const yesterday = agent.figures().yesterday;
  expect(today.off + yesterday.off).toBeGreaterThan(ACCOUNTED_MAX / 2);
  expect(today.off + yesterday.off).toBeLessThanOrEqual(ACCOUNTED_MAX);
  expect(agent.slots.ofDay(dayOf(time.clock.now())).length).toBe(today.off);
  await agent.stop();
});
