import { type DiskSample, forecast } from '@vigie/agent/health/disk-forecast';
import { expect, test } from 'vitest';

const HOUR_MS = 3_600_000;
const AT = Date.UTC(2026, 10, 23);
const FLOOR = { bytes: 100_000, inodes: 0 };

/** Samples of so many hours, each hour taking what `takes` says. */
function samples(hours: number, takes: (hour: number) => number, start = 10_000_000): DiskSample[] {
  let freeBytes = start;
  return Array.from({ length: hours + 1 }, (_, hour) => {
    if (hour > 0) freeBytes -= takes(hour);
    return { at: AT + hour * HOUR_MS, freeBytes, freeInodes: null };
  });
}
const at = (hours: number) => AT + hours * HOUR_MS;

test('days until captures would be skipped, from what the days take', () => {
  const week = samples(168, () => 1000);
  expect(forecast(week, at(168), FLOOR)).toEqual({
    growthBytesPerDay: 24_000,
    daysLeft: Math.round((10_000_000 - 168_000 - 100_000) / 2400) / 10,
  });
});

test('a camera that rests at night takes the same each day', () => {
  const week = samples(168, (hour) => (hour % 24 >= 8 && hour % 24 < 18 ? 2400 : 0));
  expect(forecast(week, at(168), FLOOR)?.growthBytesPerDay).toBe(24_000);
});

test('a burst of a day, or a clean-up, does not move it', () => {
  const burst = samples(168, (hour) => (hour > 100 && hour < 125 ? 100_000 : 1000));
  expect(forecast(burst, at(168), FLOOR)?.growthBytesPerDay).toBe(24_000);
  const cleaned = samples(168, (hour) => (hour === 120 ? -5_000_000 : 1000));
  expect(forecast(cleaned, at(168), FLOOR)?.growthBytesPerDay).toBe(24_000);
});

test('a disk that does not fill up has no end, and a full one none left', () => {
  expect(
    forecast(
      samples(168, () => 0),
      at(168),
      FLOOR,
    ),
  ).toEqual({ growthBytesPerDay: 0, daysLeft: null });
  expect(
    forecast(
      samples(168, () => -10),
      at(168),
      FLOOR,
    ),
  ).toEqual({ growthBytesPerDay: 0, daysLeft: null });
  expect(
    forecast(
      samples(168, () => 1000, 200_000),
      at(168),
      FLOOR,
    )?.daysLeft,
  ).toBe(0);
});

test('nothing is said of what is not known yet', () => {
  expect(forecast([], AT, FLOOR)).toBeUndefined();
  expect(
    forecast(
      samples(24, () => 1000),
      at(24),
      FLOOR,
    ),
  ).toBeUndefined();
  expect(
    forecast(
      samples(30, () => 1000),
      at(30),
      FLOOR,
    ),
  ).toBeDefined();
});

test('samples of a clock that stood in the future are passed over', () => {
  const wrong = [{ at: at(99_999), freeBytes: 5, freeInodes: null }];
  expect(forecast([...samples(168, () => 1000), ...wrong], at(168), FLOOR)?.growthBytesPerDay).toBe(24_000);
});

test('inodes may end before bytes do', () => {
  const week = samples(168, () => 1).map((sample, hour) => ({ ...sample, freeInodes: 10_000 - hour * 10 }));
  expect(forecast(week, at(168), { bytes: 0, inodes: 0 })?.daysLeft).toBe(Math.round((10_000 - 1680) / 24) / 10);
});
