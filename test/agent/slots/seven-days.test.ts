import type { SlotFigures } from '@vigie/agent/store/slots';
import { VigieError } from '@vigie/shared/kit/errors';
import { expect, test } from 'vitest';
import { dayOf, memoryFolder, randomOf, type Shot, simulatedAgent, simulatedTime } from './simulation.ts';

const MINUTE = 60_000;
const EVERY = 5 * MINUTE;
const DAY = 288 * EVERY;
/** Midnight in Paris, in a week without a change of clocks. */
const BEGIN = Date.UTC(2026, 5, 14, 22);
const SLOTS = 7 * 288;
const slotAt = (n: number) => BEGIN + n * EVERY;

/** A week with three outages of the network, a loss of power, a hanging camera, torn pictures and an exception in the calendar. */
function weekOf(seed: number) {
  const random = randomOf(seed);
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from));
  /** A span of some slots on a day, off the beat of the slots. */
  const span = (day: number, slots: number) => {
    const first = day * 288 + between(5, 280 - slots);
    return {
      from: slotAt(first) + between(3_000, EVERY - 3_000),
      to: slotAt(first + slots) + between(3_000, EVERY - 3_000),
    };
  };
  const torn = new Set(Array.from({ length: 5 }, () => 5 * 288 + between(0, 288)));
  return {
    outages: [
      span(0, between(10, 60)),
      span(3, between(1, 30)),
      { from: slotAt(SLOTS - between(10, 40)) + 4_000, to: Infinity },
    ],
    hang: span(1, between(3, 20)),
    /** The power goes one second into a capture. */
    power: {
      from: slotAt(2 * 288 + between(20, 150)) + 1_000,
      to: slotAt(2 * 288 + between(170, 280)) + between(1_000, EVERY),
    },
    /** A capture that takes twelve minutes before it fails: the slot after it cannot be taken, the next one is late. */
    stuck: 3 * 288 + between(50, 200),
    torn,
    tornNames: new Set<string>(),
  };
}
type Week = ReturnType<typeof weekOf>;
const within = (at: number, { from, to }: { from: number; to: number }) => at >= from && at < to;
/** On the fifth day nothing is expected from 20:00 on. */
const EXCEPTION = { from: BEGIN + 4 * DAY + 20 * 12 * EVERY, to: BEGIN + 5 * DAY };

/** What must become of each slot, told by the faults alone. */
function expectedState(n: number, { outages, hang, power, stuck, torn }: Week): { state: string; code: string | null } {
  const at = slotAt(n);
  if (at < power.from && at + 1_000 >= power.from) return { state: 'failed', code: 'agent-stopped' };
  if (within(at, power)) return { state: 'off', code: 'device-off' };
  if (within(at, EXCEPTION)) return { state: 'excluded', code: 'exception' };
  if (within(at, hang)) return { state: 'failed', code: 'camera-timeout' };
  if (n === stuck) return { state: 'failed', code: 'camera-timeout' };
  if (n === stuck + 1) return { state: 'failed', code: 'camera-busy' };
  if (torn.has(n)) return { state: 'unreadable', code: null };
  return { state: at >= (outages[2] as { from: number }).from - 2_000 ? 'captured' : 'delivered', code: null };
}

test('seven days with three outages, a loss of power and a hanging camera: all 2,016 slots are right', async () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  console.log(`SEED=${seed}`);
  const week = weekOf(seed);
  const folder = await memoryFolder();
  const time = simulatedTime(BEGIN - 30_000);

  function shoot(at: number): Shot {
    const error = new VigieError('camera-timeout', 'capture: the camera did not answer', { retryable: true });
    const n = Math.round((at - BEGIN) / EVERY);
    if (n === week.stuck) return { ms: 12 * MINUTE, error };
    if (within(at, week.hang)) return { ms: 30_000, error };
    return { ms: 2_000 };
  }
  const schedule = {
    windows: [{ every: '5m' }],
    exceptions: [{ dates: '2026-06-19', windows: [{ every: '5m', to: '20:00' }] }],
  };
  const begin = () => simulatedAgent({ folder, time, schedule, shoot });
  const isTorn = (name: string) => week.tornNames.has(name);
  for (const n of week.torn) week.tornNames.add(nameOf(slotAt(n)));

  let agent = await begin();
  await agent.start();
  /** The network's state follows the time; processing and delivery follow the captures. */
  let wasUp = true;
  const tick = () => {
    const now = time.clock.now();
    const isUp = !week.outages.some((outage) => within(now, outage));
    if (agent.input.length === 0 && isUp === wasUp) return;
    wasUp = isUp;
    agent.process(isTorn);
    agent.deliver('mirror');
    if (isUp) agent.deliver('archive');
  };
  const until = (at: number) => time.run(at - time.clock.now(), tick);

  const [first] = week.outages as [{ from: number; to: number }];
  await until(first.to - 1);
  const during = agent.slots.ofDay(dayOf(BEGIN)).filter(({ at }) => within(at, first) && at < first.to - 5_000);
  expect(during.map(({ state }) => state)).toEqual(during.map(() => 'captured'));
  expect(during.length).toBeGreaterThanOrEqual(10);

  await until(week.power.from);
  time.cut();
  agent.ledger[Symbol.dispose]();
  time.restore(week.power.to - week.power.from);
  agent = await begin();
  await agent.start();
  await until(BEGIN + 7 * DAY - 1);

  const days = Array.from({ length: 7 }, (_, n) => dayOf(BEGIN + n * DAY));
  const rows = days.flatMap((day) => agent.slots.ofDay(day));
  const told = rows.map(({ at, state, code }) => ({ at, state, code }));
  const expected = Array.from({ length: SLOTS }, (_, n) => ({ at: slotAt(n), ...expectedState(n, week) }));
  expect(told).toEqual(expected);
  expect(told).toHaveLength(2_016);

  // The figures of each day, kept as it went, are those of its rows.
  for (const day of days) {
    const counted: Partial<SlotFigures> = {};
    for (const { state } of agent.slots.ofDay(day)) counted[state] = (counted[state] ?? 0) + 1;
    const figures = Object.entries(agent.slots.figures(day)).filter(([, count]) => count > 0);
    expect(Object.fromEntries(figures)).toEqual(counted);
  }

  // The days that are over are told to whoever asks, the newest first; of days before the first start nothing is known.
  const told14 = agent.lastDays(14);
  expect(told14.map(({ day }) => day)).toEqual(days.slice(0, 6).reverse());
  for (const { day: _, ...figures } of told14)
    expect(Object.values(figures).reduce((sum, slots) => sum + slots, 0)).toBe(288);

  // The network comes back, and with it the rest.
  week.outages.pop();
  tick();
  expect(agent.slots.figures(days[6] as string)).toMatchObject({ captured: 0, delivered: 288 });
  await agent.stop();
}, 240_000);

const nameOf = (at: number) =>
  `${dayOf(at)}${new Date(at + 2 * 3_600_000).toISOString().slice(11, 19).replaceAll(':', '')}.jpg`;
