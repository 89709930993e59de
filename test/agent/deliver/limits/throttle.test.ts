import { createThrottle } from '@vigie/agent/deliver/limits/throttle';
import { expect, test } from 'vitest';

/** A clock on which sleeping is what lets time pass. */
function sleepClock() {
  let at = 0;
  return {
    monotonic: () => at,
    sleep: async (ms: number) => {
      at += ms;
    },
    pass: (ms: number) => {
      at += ms;
    },
  };
}

test('bytes go at the bandwidth on the average, and nothing is saved up while none go', async () => {
  const clock = sleepClock();
  const throttle = createThrottle(() => 1_000, clock);
  for (let n = 0; n < 10; n++) await throttle.take(500);
  // The first goes at once, and each pays for the one before it.
  expect(clock.monotonic()).toBeCloseTo(4_500, 3);
  clock.pass(60_000);
  const begun = clock.monotonic();
  for (let n = 0; n < 11; n++) await throttle.take(100);
  expect(clock.monotonic() - begun).toBeCloseTo(1_000, 3);
});

test('a change of the bandwidth counts within a second, also for what waits already', async () => {
  const clock = sleepClock();
  let rate: number | undefined = 10;
  const throttle = createThrottle(() => rate, {
    ...clock,
    sleep: async (ms) => {
      await clock.sleep(ms);
      rate = undefined;
    },
  });
  await throttle.take(1_000_000);
  await throttle.take(1_000_000);
  expect(clock.monotonic()).toBeLessThanOrEqual(1_000);
});

test('whoever asks first goes first, and one that is called off holds up nobody', async () => {
  const clock = sleepClock();
  const throttle = createThrottle(() => 100, clock);
  const called = new AbortController();
  const order: string[] = [];
  const all = ['a', 'b', 'c'].map((name) =>
    throttle.take(100, name === 'b' ? called.signal : undefined).then(
      () => order.push(name),
      () => order.push(`${name} off`),
    ),
  );
  called.abort();
  await Promise.all(all);
  expect(order).toEqual(['a', 'b off', 'c']);
});
