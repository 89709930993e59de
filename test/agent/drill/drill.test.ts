import { createDrill } from '@vigie/agent/drill/drill';
import { cutOff } from '@vigie/agent/drill/remote';
import { spentByRestart } from '@vigie/agent/drill/time-left';
import { createDrills } from '@vigie/agent/store/drills';
import { openLedger } from '@vigie/agent/store/ledger';
import { createOutbox } from '@vigie/agent/store/outbox';
import type { Clock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { openRemote } from '@vigie/shared/remote/open';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import { expect, onTestFinished, test } from 'vitest';
import { startSshd } from '../../../scripts/sshd.ts';
import { testLedger } from '../../support/ledger.ts';
import { sftpDestination } from '../../support/remote.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { tempFolder, until } from '../../support/temp.ts';

/** A clock whose sleepers wake when it is moved past their time; its wall and its monotonic time are moved apart. */
function movedClock() {
  let monotonic = 0;
  let wall = Date.UTC(2026, 10, 23, 12);
  let sleepers: { at: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => wall,
    monotonic: () => monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        sleepers.push({ at: monotonic + ms, wake: resolve });
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  return {
    clock,
    stepWall(ms: number) {
      wall += ms;
    },
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 1_000) {
        monotonic += Math.min(left, 1_000);
        wall += Math.min(left, 1_000);
        const due = sleepers.filter(({ at }) => at <= monotonic);
        sleepers = sleepers.filter(({ at }) => at > monotonic);
        for (const { wake } of due) wake();
        // What was woken runs until it sleeps again.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

async function drilled(folder?: string) {
  const time = movedClock();
  const at = folder ?? (await tempFolder());
  const open = (hooks: { openJobs?: string[]; hasRoom?: boolean } = {}) => {
    const ledger = openLedger(at);
    const outbox = createOutbox(ledger, time.clock, () => undefined);
    const calls: string[] = [];
    const stop = new AbortController();
    const drill = createDrill({
      drills: createDrills(ledger, outbox, time.clock),
      openJobs: () => hooks.openJobs ?? [],
      hasRoom: () => hooks.hasRoom ?? true,
      begun: () => calls.push('begun'),
      ended: () => calls.push('ended'),
      clock: time.clock,
      log: silentLog,
    });
    const running = drill.run(stop.signal);
    return {
      ...{ drill, outbox, calls, stop },
      async close() {
        stop.abort();
        await running;
        ledger[Symbol.dispose]();
      },
    };
  };
  return { time, open };
}
const origin = { id: 'command-1', by: 'ada' };
const never = new AbortController().signal;

test('a drill begins after its answer, ends by its time alone, and tells both', async () => {
  const { time, open } = await drilled();
  const { drill, outbox, calls, close } = open();
  const answer = drill.order({ forMs: 60_000, drill: 'd1' }, origin);
  expect(answer).toMatchObject({ drill: 'd1', by: 'operator ada', until: answer.startedAt + 60_000 });
  expect(drill.acting()).toBe(undefined);
  const begun = drill.begin(never);
  await time.pass(4_000);
  await begun;
  expect([drill.acting()?.id, drill.offline().aborted, calls]).toEqual(['d1', true, ['begun']]);
  const over = drill.over(never);
  await time.pass(58_000);
  expect(drill.acting()?.id).toBe('d1');
  await time.pass(3_000);
  await over;
  expect([drill.acting(), drill.offline().aborted, calls]).toEqual([undefined, false, ['begun', 'ended']]);
  expect(outbox.after(0, 10)).toMatchObject([
    { type: 'drill-begun', drill: 'd1', by: 'operator ada', forMs: 60_000 },
    { type: 'drill-ended', drill: 'd1', queued: { count: 0 }, slots: { expected: 0 } },
  ]);
  await close();
});

test.each([
  ['back by a year', -365 * 86_400_000],
  ['forward by a year', 365 * 86_400_000],
])('a clock that is set %s changes nothing of its length', async (_, step) => {
  const { time, open } = await drilled();
  const { drill, close } = open();
  drill.order({ forMs: 60_000 }, origin);
  const begun = drill.begin(never);
  await time.pass(4_000);
  await begun;
  time.stepWall(step);
  await time.pass(50_000);
  expect(drill.acting()).toBeDefined();
  await time.pass(12_000);
  expect(drill.acting()).toBe(undefined);
  await close();
});

test('a restart goes on with it, without a link from the beginning, and counts what has passed', async () => {
  const { time, open } = await drilled();
  const first = open();
  first.drill.order({ forMs: 60_000, drill: 'd1' }, origin);
  const begun = first.drill.begin(never);
  await time.pass(25_000);
  await begun;
  await first.close();
  time.stepWall(-86_400_000);
  const second = open();
  expect([second.drill.acting()?.id, second.drill.offline().aborted]).toEqual(['d1', true]);
  expect(() => second.drill.order({ forMs: 60_000 }, { id: 'other' })).toThrow(/"d1" is under way/);
  await time.pass(30_000);
  expect(second.drill.acting()).toBeDefined();
  await time.pass(20_000);
  expect(second.drill.acting()).toBe(undefined);
  expect(second.outbox.newest()).toMatchObject({ type: 'drill-ended', drill: 'd1' });
  await second.close();
});

test('after a restart the clock may end it early, and never makes it longer', () => {
  const time = { forMs: 60_000, startedAt: 1_000_000, spentMs: 20_000 };
  expect(spentByRestart(time, 1_030_000)).toBe(30_000);
  expect(spentByRestart(time, 0)).toBe(20_000);
  expect(spentByRestart(time, 9_000_000)).toBe(60_000);
});

test('it is refused during a re-sync and on a full disk; the same name begins it once', async () => {
  const { open } = await drilled();
  const busy = open({ openJobs: ['resync-1'] });
  expect(() => busy.drill.order({ forMs: 60_000 }, origin)).toThrow(/"resync-1" is under way/);
  await busy.close();
  const full = open({ hasRoom: false });
  expect(() => full.drill.order({ forMs: 60_000 }, origin)).toThrow(/nearly full/);
  await full.close();
  const well = open();
  const answer = well.drill.order({ forMs: 60_000 }, origin);
  expect(well.drill.order({ forMs: 60_000 }, origin)).toEqual(answer);
  expect(well.outbox.size()).toBe(1);
  await well.close();
});

test('its figures are what was taken, what waits, and what became of the slots', async () => {
  const { ledger, outbox, clock, file } = await testLedger();
  const drills = createDrills(ledger, outbox, clock);
  file('20261123/before.jpg');
  const row = drills.begin({ id: 'd1', by: 'ada', forMs: 60_000 });
  clock.advance(1_000);
  file('20261123/a.jpg');
  file('20261123/b.jpg');
  const slot = (ms: number, state: string) =>
    ledger.sqlite
      .prepare('insert into slot (source, at, day, state) values (?, ?, ?, ?)')
      .run('garden', row.startedAt + ms, '20261123', state);
  slot(-5_000, 'failed');
  for (const [ms, state] of Object.entries({
    100: 'captured',
    200: 'failed',
    300: 'off',
    400: 'excluded',
    900: 'begun',
  }))
    slot(Number(ms), state);
  drills.end({ ...row, spentMs: 60_000 });
  expect(outbox.newest()).toMatchObject({
    type: 'drill-ended',
    captured: { count: 2, bytes: 200 },
    // Each is owed to two destinations.
    queued: { count: 6, bytes: 600 },
    slots: { expected: 3, taken: 1, failed: 1, off: 1 },
  });
  expect(drills.current()).toBe(undefined);
});

test('a destination is cut off while it lasts, and what is under way there ends', async () => {
  let away = new AbortController();
  const asked: (AbortSignal | undefined)[] = [];
  const folder = {
    look: async (_: string, signal?: AbortSignal) => {
      asked.push(signal);
      await until('it is cut off', () => signal?.aborted === true);
      throw signal?.reason;
    },
    [Symbol.asyncDispose]: async () => undefined,
  } as unknown as RemoteFolder;
  const remote = cutOff(
    () => folder,
    () => away.signal,
  );
  const looking = remote.look('a.jpg');
  away.abort(new Error('a drill'));
  await expect(looking).rejects.toThrow('a drill');
  await expect(remote.look('b.jpg')).rejects.toThrow('a drill');
  expect(asked).toHaveLength(1);
  away = new AbortController();
  const again = remote.look('c.jpg');
  expect(asked).toHaveLength(2);
  away.abort(new Error('another'));
  await expect(again).rejects.toThrow('another');
});

test('a connection that does nothing does not outlast the beginning of a drill', async () => {
  const sshd = await startSshd({ folder: await tempFolder() });
  onTestFinished(() => sshd.stop());
  await using proxy = await startTcpProxy({ target: sshd });
  let away = new AbortController();
  await using remote = cutOff(
    () => openRemote(sftpDestination(sshd, '.', { port: proxy.port }), '', { stallMs: 5_000 }),
    () => away.signal,
  );
  for (const accepted of [1, 2]) {
    await remote.probe();
    expect([proxy.accepted, proxy.connections]).toEqual([accepted, 1]);
    away.abort(new Error('a drill'));
    await until('the connection is closed', () => proxy.connections === 0);
    await expect(remote.probe()).rejects.toThrow('a drill');
    expect(proxy.accepted).toBe(accepted);
    away = new AbortController();
  }
});
