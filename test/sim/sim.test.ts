import { expect, test } from 'vitest';
import { KEPT_SEEDS } from './kept-seeds.ts';
import { failureText, runSeeds } from './run-seeds.ts';
import type { Bug } from './site.ts';

const SEEDS = 200;

test(`${SEEDS} random histories of a site converge, and nothing is lost, torn, doubled or told wrongly`, async () => {
  const outcomes = await runSeeds({ from: 1, to: SEEDS });
  const failed = outcomes.filter(({ faults }) => faults.length > 0);
  expect(failed.map(failureText).join('\n\n')).toBe('');
  const days = outcomes.reduce((sum, o) => sum + o.days, 0);
  const pictures = outcomes.reduce((sum, o) => sum + o.pictures, 0);
  const reports = outcomes.reduce((sum, o) => sum + o.reports, 0);
  process.stdout.write(`${SEEDS} histories: ${days} days, ${pictures} pictures, ${reports} reports\n`);
  expect(pictures).toBeGreaterThan(SEEDS * 10);
}, 300_000);

test('the same seed is the same history', async () => {
  const [first] = await runSeeds({ from: 3, to: 3 });
  const [second] = await runSeeds({ from: 3, to: 3 });
  expect(first?.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(second?.digest).toBe(first?.digest);
  const [other] = await runSeeds({ from: 4, to: 4 });
  expect(other?.digest).not.toBe(first?.digest);
}, 60_000);

test.each(KEPT_SEEDS)(
  'seed $seed, which found that $found',
  async ({ seed }) => {
    const outcomes = await runSeeds({ from: seed, to: seed });
    expect(outcomes.filter(({ faults }) => faults.length > 0).map(failureText)).toEqual([]);
  },
  60_000,
);

/** Bugs that are put in on purpose, with a word of what some of the seeds must find. */
const MUTANTS: [bug: Bug, found: RegExp, seeds: number][] = [
  ['receipt-early', /a receipt without bytes/, 4],
  ['acknowledge-early', /was applied 0 times/, 4],
  ['listing-remembered', /a report lies/, 24],
];
test.each(MUTANTS)(
  'the simulator finds the bug "%s"',
  async (bug, found, seeds) => {
    const outcomes = await runSeeds({ from: 1, to: seeds, bug });
    const faults = outcomes.flatMap((outcome) => outcome.faults);
    expect(faults.filter((fault) => found.test(fault)).length).toBeGreaterThan(0);
  },
  60_000,
);
