import { auditEachDay } from '@vigie/agent/inventory/audit-loop';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { handClock } from '../../support/ledger.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

test('a scan is made at the start, each minute until it went through, and then each day', async () => {
  const hand = handClock();
  const begin = hand.now();
  const ending = new AbortController();
  const clock = {
    ...hand,
    async sleep(ms: number) {
      hand.advance(ms);
    },
  };
  const scans: { at: number; before: number }[] = [];
  const outcomes = ['fails', false, true, true, 'fails', true];
  await auditEachDay(
    async (before) => {
      scans.push({ at: hand.now() - begin, before: before - begin });
      const outcome = outcomes[scans.length - 1];
      if (scans.length === outcomes.length) ending.abort();
      if (outcome === 'fails') throw new Error('the disk does not answer');
      return outcome as boolean;
    },
    { startedAt: begin, clock, log: silentLog },
    ending.signal,
  );
  // Files that are younger than ten minutes may be in the hands of a job, once the agent runs.
  const young = 10 * MINUTE;
  expect(scans).toEqual([
    { at: 0, before: 0 },
    { at: MINUTE, before: 0 },
    { at: 2 * MINUTE, before: 0 },
    { at: 2 * MINUTE + DAY, before: 2 * MINUTE + DAY - young },
    { at: 2 * MINUTE + 2 * DAY, before: 2 * MINUTE + 2 * DAY - young },
    { at: 3 * MINUTE + 2 * DAY, before: 3 * MINUTE + 2 * DAY - young },
  ]);
});
