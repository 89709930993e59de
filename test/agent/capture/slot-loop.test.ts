import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CapturerOptions, createCapturer } from '@vigie/agent/capture/capturer';
import { openSchedule } from '@vigie/agent/source-schedule';
import { createCaptures } from '@vigie/agent/store/captures';
import { systemClock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder, until } from '../../support/temp.ts';
import { memoryFolder, type Shot, simulatedAgent, simulatedTime } from '../slots/simulation.ts';

const SECOND = 1_000;
/** 12:00 in Paris. */
const NOON = Date.UTC(2026, 6, 1, 10);

async function site(schedule: unknown, shoot: (at: number) => Shot) {
  const time = simulatedTime(NOON - 10 * SECOND);
  const agent = await simulatedAgent({ folder: await memoryFolder(), time, schedule, shoot });
  await agent.start();
  const told = () =>
    agent.slots
      .ofDay('20260701')
      .map(({ at, state, code }) => [(at - NOON) / SECOND, code === null ? state : `${state}: ${code}`]);
  return { agent, time, told };
}

test('a slot that comes due during a capture is taken when that ends, and is busy only if the next one is due by then', async () => {
  const begun: number[] = [];
  const { agent, time, told } = await site({ windows: [{ every: '1s', from: '12:00', to: '12:00:06' }] }, (at) => {
    begun.push((at - NOON) / SECOND);
    return { ms: 1_400 };
  });
  await time.run(20 * SECOND);
  // Each takes 1.4 s: 0–1.4, late by 0.4 s at 1.4–2.8, at 2.8–4.2, then 3 has passed and 4 is taken, and 5 late.
  expect(begun).toEqual([0, 1.4, 2.8, 4.2, 5.6]);
  expect(told()).toEqual([
    [0, 'captured'],
    [1, 'captured'],
    [2, 'captured'],
    [3, 'failed: camera-busy'],
    [4, 'captured'],
    [5, 'captured'],
  ]);
  await agent.stop();
});

test('several rates on one camera: what two windows want at once is one capture, and never are two under way', async () => {
  let underWay = 0;
  let most = 0;
  const windows = [
    { every: '5s', from: '12:00', to: '12:00:30' },
    { every: '3s', from: '12:00', to: '12:00:30' },
    { cron: '*/10 0 12 * * *' },
  ];
  const { agent, time, told } = await site({ windows }, () => {
    underWay += 1;
    most = Math.max(most, underWay);
    return { ms: 700 };
  });
  const ended = agent.capturer.condition;
  for (let second = 0; second < 45; second++)
    await time.run(SECOND, () => {
      if (!ended().capturing) underWay = 0;
    });
  expect(most).toBe(1);
  const taken = told().map(([at]) => at);
  expect(taken).toEqual(
    [0, 3, 5, 6, 9, 10, 12, 15, 18, 20, 21, 24, 25, 27, 30, 40, 50].filter((at) => (at as number) < 35),
  );
  expect(new Set(told().map(([, state]) => state))).toEqual(new Set(['captured']));
  await agent.stop();
});

test('a capture on demand makes the slot wait, not fail', async () => {
  const { agent, time, told } = await site({ windows: [{ every: '10s', from: '12:00', to: '12:00:20' }] }, () => ({
    ms: 12 * SECOND,
  }));
  const asked = agent.capturer.capture(NOON - 10 * SECOND);
  await until('the camera was asked', () => agent.shots.length === 1);
  await time.run(30 * SECOND);
  await asked;
  expect(told()[0]).toEqual([0, 'captured']);
  await agent.stop();
});

test('a machine that slept was off: no camera was busy, and nothing is taken for yesterday', async () => {
  const { agent, time, told } = await site({ windows: [{ every: '10m' }] }, () => ({ ms: 100 }));
  await time.run(20 * SECOND);
  time.set(NOON + 65 * 60 * SECOND);
  await time.run(6 * 60 * SECOND);
  expect(told()).toEqual([
    [0, 'captured'],
    ...[10, 20, 30, 40, 50, 60].map((minute) => [minute * 60, minute === 60 ? 'captured' : 'off: asleep']),
    [70 * 60, 'captured'],
  ]);
  await agent.stop();
});

test('an hour of failures fills the ledger with slots, each told once', async () => {
  const error = new VigieError('camera-absent', 'capture: no camera');
  const { agent, time, told } = await site({ windows: [{ every: '1m' }] }, () => ({ ms: 10, error }));
  await time.run(3_600 * SECOND);
  expect(told()).toHaveLength(60);
  expect(agent.outbox.after(0, 1_000).filter(({ type }) => type === 'capture-failed')).toHaveLength(60);
  await agent.stop();
});

test('captures run on time', async () => {
  const EVERY = 200;
  const folder = await tempFolder();
  await mkdir(join(folder, 'input'));
  const { ledger, outbox } = await testLedger(folder, systemClock);
  const late: number[] = [];
  const expected = openSchedule({
    source: 'garden',
    schedule: { everyMs: EVERY },
    zone: 'UTC',
    ledger,
    now: () => Date.now(),
    isClockBelieved: () => true,
  });
  let number = 0;
  const options: CapturerOptions = {
    source: 'garden',
    camera: {
      description: 'fast',
      async capture({ folder: at }) {
        const now = performance.timeOrigin + performance.now();
        late.push(now - Math.floor(now / EVERY) * EVERY);
        await writeFile(join(at, 'picture'), 'a picture');
        return [{ path: join(at, 'picture'), extension: 'jpg' }];
      },
      async [Symbol.asyncDispose]() {},
    },
    schedule: { ...expected, clockWasSet: async () => false },
    zone: 'UTC',
    captures: createCaptures(ledger, 'garden', outbox, systemClock),
    ready: async () => undefined,
    async submit(file, name) {
      number += 1;
      await rename(file, join(folder, 'input', `${number}-${name}`));
      return name;
    },
    workFolder: join(folder, '.capture'),
    nextNumber: () => number,
    changed: () => undefined,
    clock: systemClock,
    log: silentLog,
  };
  const stopping = new AbortController();
  expected.keeper.open();
  const run = createCapturer(options).run(stopping.signal);
  await until('25 slots were taken', () => late.length >= 25, 20_000);
  stopping.abort();
  await run;
  late.sort((a, b) => a - b);
  const at = (share: number) => (late[Math.min(late.length - 1, Math.floor(late.length * share))] as number).toFixed(1);
  console.log(`lateness of ${late.length} captures: median ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  // What the machine does besides makes single ones late; the design must not.
  expect(Number(at(0.5))).toBeLessThan(100);
});
