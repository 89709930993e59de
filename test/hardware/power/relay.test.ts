import { openRelay, type RelayOptions } from '@vigie/hardware/power/relay';
import { expect, test } from 'vitest';
import type { Level } from '../../support/gpio-guest/journal.ts';
import { createMemoryGpio } from '../../support/memory-gpio.ts';
import { createSteppedClock } from '../../support/stepped-clock.ts';

function bench(options: Partial<RelayOptions> = {}) {
  const clock = createSteppedClock();
  const seen: [ms: number, level: Level][] = [];
  const gpio = createMemoryGpio(({ level }) => seen.push([clock.monotonic(), level]));
  const relay = openRelay({
    gpio,
    line: 5,
    activeLow: false,
    contactAtRest: 'closed',
    offMs: 5_000,
    startMs: 10_000,
    poweredAtEnd: true,
    clock,
    ...options,
  });
  return { clock, seen, gpio, relay };
}

test('a cycle takes power away, gives it back, and ends when the camera has started', async () => {
  const { clock, seen, relay } = bench();
  expect(relay.powered).toBe(true);
  let ended = false;
  const cycle = relay.cycle().then(() => {
    ended = true;
  });
  await clock.go(1);
  expect(relay.powered).toBe(false);
  await clock.go(14_998);
  expect([relay.powered, ended]).toEqual([true, false]);
  await clock.go(2);
  await cycle;
  expect(seen).toEqual([
    [0, 1],
    [5_000, 0],
  ]);
});

test.each([
  ['closed', false, 0],
  ['closed', true, 1],
  ['open', false, 1],
  ['open', true, 0],
] as const)(
  'a contact that is %s at rest, active low %s: power is on at level %i, from the first instant',
  (contactAtRest, activeLow, level) => {
    const { gpio, seen } = bench({ contactAtRest, activeLow });
    expect(gpio.level(5)).toBe(level);
    expect(seen.length).toBe(level);
  },
);

test('callers that come while a cycle runs share it', async () => {
  const { clock, seen, relay } = bench();
  const first = relay.cycle();
  await clock.go(2_000);
  const second = relay.cycle();
  await clock.go(13_000);
  await Promise.all([first, second]);
  expect(seen.length).toBe(2);
});

test('power is back before the one who gives up hears of it; others keep the cycle', async () => {
  const { clock, seen, relay } = bench();
  const [one, two] = [new AbortController(), new AbortController()];
  const [first, second] = [relay.cycle(one.signal), relay.cycle(two.signal)];
  const firstFails = expect(first).rejects.toThrow('enough');
  await clock.go(1_000);
  one.abort(new Error('enough'));
  await firstFails;
  expect(relay.powered).toBe(false);
  const secondFails = expect(second.catch((error: Error) => [error.message, relay.powered])).resolves.toEqual([
    'stop',
    true,
  ]);
  await clock.go(1_000);
  two.abort(new Error('stop'));
  await secondFails;
  expect(seen).toEqual([
    [0, 1],
    [2_000, 0],
  ]);
  // The next cycle is whole.
  const next = relay.cycle();
  await clock.go(15_000);
  await next;
  expect(seen.slice(2)).toEqual([
    [2_000, 1],
    [7_000, 0],
  ]);
});

test('at the end the relay is left as it is to be, in the middle of a cycle too, and whoever waits is told', async () => {
  for (const poweredAtEnd of [true, false]) {
    const { clock, gpio, relay } = bench({ poweredAtEnd });
    const fails = expect(relay.cycle()).rejects.toThrow();
    await clock.go(1_000);
    relay[Symbol.dispose]();
    await fails;
    expect(gpio.level(5)).toBe(poweredAtEnd ? 0 : 1);
    expect(gpio.isOpen(5)).toBe(false);
    await clock.go(60_000);
    expect(gpio.level(5)).toBe(poweredAtEnd ? 0 : 1);
    await expect(relay.cycle()).rejects.toThrow();
  }
});
