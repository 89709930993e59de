import { decideHeater, type HeaterLimits, openHeater } from '@vigie/hardware/power/heater';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryGpio } from '../../support/memory-gpio.ts';

const limits: HeaterLimits = { onBelow: 3, offAbove: 6, minimumOnMs: 60_000, minimumOffMs: 30_000, staleMs: 120_000 };
const LONG = 1_000_000;
const at = (celsius: number, ageMs = 0) => ({ celsius, ageMs });

test.each([
  ['cold: on', false, LONG, at(2), true, 'cold'],
  ['warm: off', true, LONG, at(7), false, 'warm'],
  ['between, on: stays on', true, LONG, at(5), true, 'between'],
  ['between, off: stays off', false, LONG, at(4), false, 'between'],
  ['at the lower limit it stays off', false, LONG, at(3), false, 'between'],
  ['at the upper limit it stays on', true, LONG, at(6), true, 'between'],
  ['warm, but on for too short a time', true, 59_999, at(7), true, 'minimum-on'],
  ['cold, but off for too short a time', false, 29_999, at(2), false, 'minimum-off'],
  ['no temperature: off at once', true, 1, undefined, false, 'no-temperature'],
  ['a figure that is none: off at once', true, 1, at(Number.NaN), false, 'no-temperature'],
  ['an old temperature: off at once', true, 1, at(-20, 120_001), false, 'stale'],
  ['a temperature of just that age holds', false, LONG, at(-20, 120_000), true, 'cold'],
  ['a temperature of the future is none', true, 1, at(-20, -1), false, 'stale'],
] as const)('%s', (_, on, sinceMs, reading, expected, because) => {
  expect(decideHeater({ limits, on, sinceMs, reading })).toEqual({ on: expected, because });
});

test('whatever the temperatures: never on without a fresh one, never switched on above or off below the limits', () => {
  const step = fc.record({
    celsius: fc.option(fc.double({ min: -40, max: 60, noNaN: true }), { nil: undefined }),
    afterMs: fc.integer({ min: 1, max: 200_000 }),
    ageMs: fc.integer({ min: 0, max: 300_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const gpio = createMemoryGpio();
      using heater = openHeater({ gpio, line: 7, activeLow: false, limits });
      let now = 0;
      let switchedAt = Number.NEGATIVE_INFINITY;
      for (const { celsius, afterMs, ageMs } of steps) {
        now += afterMs;
        const before = heater.on;
        heater.look(celsius === undefined ? undefined : { celsius, monotonicMs: now - ageMs }, now);
        const fresh = celsius !== undefined && ageMs <= limits.staleMs;
        expect(gpio.level(7)).toBe(heater.on ? 1 : 0);
        if (!fresh) expect(heater.on).toBe(false);
        if (!before && heater.on) {
          expect(celsius).toBeLessThan(limits.onBelow);
          expect(now - switchedAt).toBeGreaterThanOrEqual(limits.minimumOffMs);
        }
        if (before && !heater.on && fresh) {
          expect(celsius).toBeGreaterThan(limits.offAbove);
          expect(now - switchedAt).toBeGreaterThanOrEqual(limits.minimumOnMs);
        }
        if (before !== heater.on) switchedAt = now;
      }
    }),
    { numRuns: 300 },
  );
});

test('it is off at the end', () => {
  const gpio = createMemoryGpio();
  const heater = openHeater({ gpio, line: 7, activeLow: true, limits });
  expect(gpio.level(7)).toBe(1);
  heater.look({ celsius: -10, monotonicMs: 0 }, 0);
  expect(gpio.level(7)).toBe(0);
  heater[Symbol.dispose]();
  expect([gpio.level(7), gpio.isOpen(7)]).toEqual([1, false]);
});
