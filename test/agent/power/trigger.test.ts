import { createTrigger, decideTrigger } from '@vigie/agent/power/trigger';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { createSteppedClock } from '../../support/stepped-clock.ts';

test.each([
  [undefined, false, 'capture'],
  [4_999, false, 'too-soon'],
  [5_000, false, 'capture'],
  [60_000, true, 'capturing'],
] as const)('%s ms after the last one, capturing %s: %s', (sinceMs, capturing, outcome) => {
  expect(decideTrigger(sinceMs, 5_000, capturing)).toBe(outcome);
});

function bench(capture: (source: string, at: number) => Promise<unknown>) {
  const clock = createSteppedClock();
  const told: number[] = [];
  const triggered = () => void told.push(clock.monotonic());
  const trigger = createTrigger({
    input: 'door',
    source: 'garden',
    pauseMs: 5_000,
    capture,
    triggered,
    clock,
    log: silentLog,
  });
  return { clock, told, trigger };
}

test('presses within the pause, or while a capture runs, ask for nothing; a step of the clock changes nothing', async () => {
  const captured: [string, number][] = [];
  let finish = () => {};
  const { clock, told, trigger } = bench((source, at) => {
    captured.push([source, at]);
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  const begun = clock.now();
  expect(trigger.lastAt).toBeNull();
  expect(trigger.fire()).toBe('capture');
  expect(trigger.fire()).toBe('capturing');
  await clock.go(10_000);
  expect(trigger.fire()).toBe('capturing');
  finish();
  clock.set(begun - 86_400_000);
  await clock.go(0);
  expect(trigger.fire()).toBe('capture');
  finish();
  await clock.go(4_999);
  expect(trigger.fire()).toBe('too-soon');
  expect(captured).toEqual([
    ['garden', begun],
    ['garden', begun - 86_400_000],
  ]);
  expect(told).toEqual([0, 10_000]);
  expect(trigger.lastAt).toBe(begun - 86_400_000);
});

test('a capture that fails, and an event that cannot be told, leave the input working', async () => {
  let captures = 0;
  const clock = createSteppedClock();
  const trigger = createTrigger({
    input: 'door',
    source: 'garden',
    pauseMs: 1_000,
    capture: async () => {
      captures += 1;
      throw new Error('no camera');
    },
    triggered: () => {
      throw new Error('disk full');
    },
    clock,
    log: silentLog,
  });
  trigger.fire();
  await clock.go(2_000);
  expect(trigger.fire()).toBe('capture');
  expect(captures).toBe(2);
});
