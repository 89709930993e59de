import { createDeliveryPauses } from '@vigie/agent/store/delivery-pauses';
import { openLedger } from '@vigie/agent/store/ledger';
import { expect, onTestFinished, test } from 'vitest';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const HOUR = 3_600_000;

async function paused(forMs: number | undefined) {
  const ledger = openLedger(await tempFolder());
  onTestFinished(() => ledger[Symbol.dispose]());
  const clock = createSteppedClock();
  let pauses = createDeliveryPauses(ledger, clock);
  const at = clock.now();
  pauses.pause('archive', { at, by: 'ada', until: forMs === undefined ? null : at + forMs });
  return {
    clock,
    at,
    of: () => pauses.of('archive'),
    resume: () => pauses.resume('archive'),
    /** The agent begins anew, after so long without it. */
    restart(downMs = 0) {
      clock.take(downMs);
      pauses = createDeliveryPauses(ledger, clock);
    },
  };
}

test.each([
  ['set back by a day', -24 * HOUR],
  ['set forward by a day', 24 * HOUR],
])('a pause lasts as long as it was ordered where the clock is %s', async (_, step) => {
  const { clock, at, of, restart } = await paused(HOUR);
  clock.take(HOUR / 2);
  expect(of()).toEqual({ at, by: 'ada', until: at + HOUR });
  clock.set(clock.now() + step);
  expect(of()?.until).toBe(clock.now() + HOUR / 2);
  // What it tells stands still, and a restart goes on with it.
  clock.take(HOUR / 4);
  expect(of()?.until).toBe(clock.now() + HOUR / 4);
  restart(1000);
  clock.take(HOUR / 4 - 2000);
  expect(of()?.until).toBe(clock.now() + 1000);
  clock.take(1000);
  expect(of()).toBeUndefined();
});

test('a clock that was set back while the agent was down makes it no longer than it was ordered', async () => {
  const { clock, of, restart } = await paused(HOUR);
  clock.set(clock.now() - 24 * HOUR);
  restart(HOUR / 2);
  clock.take(HOUR - 1);
  expect(of()).toBeDefined();
  clock.take(1);
  expect(of()).toBeUndefined();
});

test('the time while the agent is down counts', async () => {
  const { of, restart } = await paused(HOUR);
  restart(HOUR);
  expect(of()).toBeUndefined();
});

test('one without an end lasts until somebody resumes, whatever the clock does', async () => {
  const { clock, at, of, resume, restart } = await paused(undefined);
  clock.set(clock.now() + 1000 * HOUR);
  restart(1000 * HOUR);
  expect(of()).toEqual({ at, by: 'ada', until: null });
  resume();
  restart();
  expect(of()).toBeUndefined();
});
