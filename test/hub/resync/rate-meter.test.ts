import { createRateMeter } from '@vigie/hub/resync/rate-meter';
import { createRates } from '@vigie/hub/store/rates';
import { openStore } from '@vigie/hub/store/store';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const SECOND = 1_000;
const SLOW = { site: 'main', device: 'cam-1', destination: 'archive' };
const FAST = { site: 'main', device: 'cam-1', destination: 'mirror' };

async function meter(bandwidth?: number) {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const again = () => createRateMeter({ kept: createRates(store), bandwidth });
  return { ...again(), again };
}

/** So many assets of so many bytes, one each `everyMs`. */
function deliver(
  { delivered }: ReturnType<typeof createRateMeter>,
  place: typeof SLOW,
  [count, bytes, everyMs]: [count: number, bytes: number, everyMs: number],
): void {
  for (let n = 0; n < count; n++) delivered(place, bytes, n * everyMs);
}

test('each device and destination has a rate of its own, also at a hub that has started anew', async () => {
  const rates = await meter();
  expect(rates.rate(SLOW)).toBeNull();
  for (const place of [SLOW, FAST]) rates.busy(place, true);
  // A picture of 4.5 MB over 1 Mbit/s takes 36 s.
  deliver(rates, SLOW, [10, 4_500_000, 36 * SECOND]);
  deliver(rates, FAST, [100, 4_500_000, 400]);
  expect(rates.rate(SLOW)).toBeCloseTo(125_000, 0);
  expect(rates.rate(FAST)).toBeCloseTo(11_250_000, 0);
  const again = rates.again();
  expect(again.rate(SLOW)).toBeCloseTo(125_000, 0);
  expect(again.rate({ ...SLOW, device: 'cam-2' })).toBeNull();
});

test('what comes by the schedule, with nothing behind it, says nothing of the link', async () => {
  const rates = await meter();
  deliver(rates, SLOW, [10, 4_500_000, 60 * SECOND]);
  rates.busy(SLOW, false);
  deliver(rates, SLOW, [10, 4_500_000, 60 * SECOND]);
  expect(rates.rate(SLOW)).toBeNull();
});

test('small files that arrive at once are taken together, and a clock that was set back says nothing', async () => {
  const rates = await meter();
  rates.busy(SLOW, true);
  // Four at a time, each half second.
  for (let n = 0; n < 40; n++) rates.delivered(SLOW, 50_000, Math.floor(n / 4) * 500);
  const before = rates.rate(SLOW) as number;
  expect(before).toBeGreaterThan(300_000);
  expect(before).toBeLessThan(500_000);
  rates.delivered(SLOW, 50_000, -DAY);
  expect(rates.rate(SLOW)).toBe(before);
});
const DAY = 86_400_000;

test('an estimate counts with no more than re-syncs may take', async () => {
  const rates = await meter(100_000);
  expect(rates.rate(SLOW)).toBe(100_000);
  rates.busy(SLOW, true);
  deliver(rates, SLOW, [10, 4_500_000, 4 * SECOND]);
  expect(rates.rate(SLOW)).toBe(100_000);
  rates.busy(FAST, true);
  deliver(rates, FAST, [10, 90_000, 9 * SECOND]);
  expect(rates.rate(FAST)).toBeCloseTo(10_000, 0);
});
