import { createLadderBook } from '@vigie/agent/recovery/ladder-book';
import { ladderPolicy, recoveryConfig } from '@vigie/agent/recovery/recovery-config';
import { createRecoveries } from '@vigie/agent/store/recoveries';
import { fact } from '@vigie/agent/store/schema';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { stamp } from '@vigie/shared/kit/zone';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';

const HOUR = 3_600_000;
const failure = new VigieError('camera-timeout', 'capture: it hangs', { retryable: true });

/** A source's ladder of one rung, `rung`, that may be used `perDay` times; `open` begins another life of the agent. */
async function set(rung: 'redetect' | 'reboot' | 'powerCycle', perDay: number, zone = 'Europe/Paris') {
  const { ledger, outbox, clock } = await testLedger();
  const none = { allowed: false };
  const config = recoveryConfig.parse({
    retries: 0,
    retry: none,
    redetect: none,
    usbReauthorise: none,
    powerCycle: none,
    [rung]: { allowed: true, cooldown: '1h', perDay },
  });
  const open = (source = 'garden') =>
    createLadderBook({
      policy: ladderPolicy(config),
      possible: new Set(['retry', 'redetect', 'usb-reauthorise', 'power-cycle', 'restart-agent', 'reboot']),
      recoveries: createRecoveries(ledger, source, outbox),
      dayOf: (at) => stamp(at, zone).slice(0, 8),
      clock,
      log: silentLog,
    });
  /** Uses the rung as often as the ladder lets it within so many hours; returns the instants. */
  function useFor(hours: number, book = open()): string[] {
    const used: string[] = [];
    for (let minute = 0; minute < hours * 60; minute += 10) {
      book.failed(failure, undefined);
      const step = book.next();
      if (step) {
        book.begin(step);
        used.push(new Date(clock.now()).toISOString());
      }
      clock.advance(600_000);
    }
    return used;
  }
  return { ledger, outbox, clock, open, useFor };
}

test('a rung is used up for the day, over a restart of the agent too, and begins anew with the zone’s next day', async () => {
  const { useFor, open } = await set('redetect', 2);
  // The clock begins at 12:00 UTC; midnight in Paris is at 23:00 UTC.
  expect(useFor(6)).toEqual(['2026-11-23T12:00:00.000Z', '2026-11-23T13:00:00.000Z']);
  expect(useFor(4, open())).toEqual([]);
  expect(useFor(4, open())).toEqual(['2026-11-23T23:00:00.000Z', '2026-11-24T00:00:00.000Z']);
});

test('a rung rests over a restart of the agent', async () => {
  const { useFor, clock } = await set('powerCycle', 10);
  expect(useFor(0.2)).toHaveLength(1);
  clock.advance(10 * 60_000);
  expect(useFor(0.2)).toEqual([]);
  clock.advance(HOUR);
  expect(useFor(0.2)).toHaveLength(1);
});

test('a device whose clock falls back to 1970 at each start does not reboot at each start', async () => {
  const { useFor, clock, open } = await set('reboot', 1);
  expect(useFor(2)).toHaveLength(1);
  for (let start = 0; start < 5; start++) {
    clock.advance(-clock.now());
    expect(useFor(5, open())).toEqual([]);
    clock.advance(Date.UTC(2026, 10, 23, 20) - clock.now());
    expect(useFor(0.5, open())).toEqual([]);
  }
  clock.advance(Date.UTC(2026, 10, 24, 12) - clock.now());
  expect(useFor(2, open())).toHaveLength(1);
});

test('reboots are counted for the device, other rungs for each source', async () => {
  const reboots = await set('reboot', 1);
  expect(reboots.useFor(2, reboots.open('garden'))).toHaveLength(1);
  expect(reboots.useFor(2, reboots.open('roof'))).toEqual([]);
  const cycles = await set('powerCycle', 1);
  expect(cycles.useFor(2, cycles.open('garden'))).toHaveLength(1);
  expect(cycles.useFor(2, cycles.open('roof'))).toHaveLength(1);
});

test('a picture brings the ladder back to its foot, and what was used today stays used', async () => {
  const { useFor, open, outbox, clock } = await set('redetect', 1);
  expect(useFor(1)).toHaveLength(1);
  const book = open();
  clock.advance(2 * HOUR);
  book.recovered(undefined);
  expect(book.isFailing()).toBe(false);
  const last = outbox.newest();
  expect(last).toMatchObject({ type: 'camera-recovery', source: 'garden', rung: 'retry', outcome: 'recovered' });
  expect(last).toMatchObject({ message: expect.stringMatching(/after 6 failures in 3 h/) });
  expect(useFor(1, open())).toEqual([]);
});

test('a use is on disk before the rung is used; what cannot be read begins at the foot', async () => {
  const { open, ledger } = await set('powerCycle', 1);
  const book = open();
  book.failed(failure, undefined);
  const step = book.next();
  if (step) book.begin(step);
  expect(open().next()).toBeUndefined();
  ledger.database.update(fact).set({ value: '{"of":"another version"}' }).run();
  expect(open().isFailing()).toBe(false);
});
