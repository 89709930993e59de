import { nextSlot } from '@vigie/agent/capture/schedule';
import { expect, test } from 'vitest';

test('an interval counts from 1970, so that a restart keeps its slots', () => {
  expect(nextSlot({ everyMs: 5_000 }, 12_345)).toBe(15_000);
  expect(nextSlot({ everyMs: 5_000 }, 15_000)).toBe(20_000);
});

test('a cron pattern is read in its zone, over the change of clocks', () => {
  const schedule = { cron: '0 12 * * *', zone: 'Europe/Paris' };
  expect(nextSlot(schedule, Date.UTC(2026, 2, 28, 12))).toBe(Date.UTC(2026, 2, 29, 10));
  expect(nextSlot(schedule, Date.UTC(2026, 9, 24, 11))).toBe(Date.UTC(2026, 9, 25, 11));
});

test('days of 23 and 25 hours have 276 and 300 slots of five minutes', () => {
  const count = (from: number, to: number) => {
    let slots = 0;
    for (let at = nextSlot({ everyMs: 300_000 }, from - 1); at !== undefined && at < to; slots++) {
      at = nextSlot({ everyMs: 300_000 }, at);
    }
    return slots;
  };
  expect(count(Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 22))).toBe(276);
  expect(count(Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23))).toBe(300);
});
