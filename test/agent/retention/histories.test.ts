import { expect, test } from 'vitest';
import { realHistory } from './real-history.ts';
import { MUTANTS, runHistories } from './run-histories.ts';

const MODEL = 'histories-child.ts';

test('an unproved original is never deleted, in 10,000 random histories', { timeout: 180_000 }, async () => {
  const halves = await Promise.all([runHistories(MODEL, [1, 5000, 60]), runHistories(MODEL, [5001, 5000, 60])]);
  expect(halves.map(({ wrong }) => wrong)).toEqual([undefined, undefined]);
  // They must have had the chance: files were removed, the power was cut, the disk was full.
  for (const { removed, cuts, skipped } of halves) {
    expect(removed).toBeGreaterThan(5000);
    expect(cuts).toBeGreaterThan(5000);
    expect(skipped).toBeGreaterThan(1000);
  }
});

test.concurrent.each(Object.entries(MUTANTS))(
  'the same finds a build that %s',
  { timeout: 60_000 },
  async (_, mutant) => {
    const { wrong } = await runHistories(MODEL, [1, 400, 60], mutant);
    expect(wrong).toMatch(/^seed \d+: event \d+: /);
  },
);

test('on a real disk with the real ledger, which runs out of room itself', { timeout: 180_000 }, async () => {
  const sum = { removed: 0, cuts: 0, full: 0 };
  for (let seed = 1; seed <= 10; seed++) {
    const { wrong, removed, cuts, full } = await realHistory(seed, 100);
    expect(wrong, `seed ${seed}`).toBeUndefined();
    sum.removed += removed;
    sum.cuts += cuts;
    sum.full += full;
  }
  expect(sum.removed).toBeGreaterThan(15);
  expect(sum.cuts).toBeGreaterThan(10);
  expect(sum.full).toBeGreaterThan(0);
});
