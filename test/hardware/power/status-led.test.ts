import { openStatusLed } from '@vigie/hardware/power/status-led';
import { expect, test } from 'vitest';
import type { Level } from '../../support/gpio-guest/journal.ts';
import { createMemoryGpio } from '../../support/memory-gpio.ts';
import { createSteppedClock } from '../../support/stepped-clock.ts';

test('each condition has its rhythm, a new one begins at once, and the light is dark at the end', async () => {
  const clock = createSteppedClock();
  let seen: [ms: number, level: Level][] = [];
  const gpio = createMemoryGpio(({ level }) => seen.push([clock.monotonic(), level]));
  const led = openStatusLed({ gpio, line: 6, activeLow: false, clock });
  const stop = new AbortController();
  const running = led.run(stop.signal);
  const taken = () => {
    const was = seen;
    seen = [];
    return was;
  };

  await clock.go(5_000);
  expect(taken()).toEqual([
    [0, 1],
    [60, 0],
    [5_000, 1],
  ]);
  await clock.go(30);
  led.show('problem');
  await clock.go(450);
  expect(taken()).toEqual([
    [5_180, 0],
    [5_330, 1],
    [5_480, 0],
  ]);
  led.show('capturing');
  await clock.go(3_000);
  expect(taken()).toEqual([[5_480, 1]]);
  led.show('offline');
  await clock.go(2_000);
  expect(taken().map(([ms]) => ms - 8_480)).toEqual([150, 350, 500, 2_000]);
  stop.abort();
  await running;
  led[Symbol.dispose]();
  expect([gpio.level(6), gpio.isOpen(6)]).toEqual([0, false]);
});
