import type { Clock } from '@vigie/shared/kit/clock';
import { watchForStall } from '@vigie/shared/remote/stall-watch';
import { expect, test } from 'vitest';

/** Time that goes on when it is told to. */
function handClock() {
  let now = 0;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise<void>((resolve) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
  return {
    clock,
    async pass(ms: number) {
      for (const end = now + ms; now < end; ) {
        now += 10;
        for (const sleeper of sleepers) if (sleeper.until <= now && sleepers.delete(sleeper)) sleeper.wake();
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

function watched() {
  const { clock, pass } = handClock();
  const state = { stalls: 0, progress: 0 };
  const watch = watchForStall({
    stallMs: 1000,
    clock,
    onStall: () => {
      state.stalls += 1;
    },
    progress: () => state.progress,
  });
  return { watch, pass, state };
}

test('nothing owed is never a stall, however long it lasts', async () => {
  const { watch, pass, state } = watched();
  await pass(5000);
  watch.owe();
  watch.paid();
  await pass(5000);
  expect(state.stalls).toBe(0);
});

test('an answer that does not come is a stall, once', async () => {
  const { watch, pass, state } = watched();
  watch.owe();
  await pass(950);
  expect(state.stalls).toBe(0);
  await pass(100);
  expect(state.stalls).toBe(1);
  watch.owe();
  await pass(5000);
  expect(state.stalls).toBe(1);
});

test('a request after a long rest has the whole time', async () => {
  const { watch, pass, state } = watched();
  watch.owe();
  await pass(500);
  watch.paid();
  await pass(400);
  watch.owe();
  await pass(900);
  expect(state.stalls).toBe(0);
  await pass(200);
  expect(state.stalls).toBe(1);
});

test('answers and other signs of life put it off, a close ends it', async () => {
  const { watch, pass, state } = watched();
  for (let n = 0; n < 5; n++) {
    watch.owe();
    watch.owe();
    await pass(900);
    watch.paid();
    await pass(900);
    watch.paid();
  }
  watch.owe();
  for (let n = 0; n < 5; n++) {
    await pass(900);
    state.progress += 1;
  }
  expect(state.stalls).toBe(0);
  watch.close();
  await pass(5000);
  expect(state.stalls).toBe(0);
});
