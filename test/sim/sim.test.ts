import { expect, test } from 'vitest';
import type { Bug } from './bugs.ts';
import { KEPT_SEEDS } from './kept-seeds.ts';
import { failureText, runSeeds } from './run-seeds.ts';
import type { Outcome } from './simulate.ts';

const SEEDS = 200;
/** One of the seeds, played again alone. */
const AGAIN = 3;
const played = new Map<number, Outcome>();

test(`${SEEDS} random histories of a site converge, and nothing is lost, torn, doubled or told wrongly`, async () => {
  const outcomes = await runSeeds({ from: 1, to: SEEDS });
  for (const outcome of outcomes) played.set(outcome.seed, outcome);
  const failed = outcomes.filter(({ faults }) => faults.length > 0);
  expect(failed.map(failureText).join('\n\n')).toBe('');
  const days = outcomes.reduce((sum, o) => sum + o.days, 0);
  const pictures = outcomes.reduce((sum, o) => sum + o.pictures, 0);
  const reports = outcomes.reduce((sum, o) => sum + o.reports, 0);
  process.stdout.write(`${SEEDS} histories: ${days} days, ${pictures} pictures, ${reports} reports\n`);
  expect(pictures).toBeGreaterThan(SEEDS * 10);
}, 300_000);

test('the same seed is the same history', async () => {
  const [first, other] = [played.get(AGAIN), played.get(AGAIN + 1)];
  const [again] = await runSeeds({ from: AGAIN, to: AGAIN });
  expect(again?.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(first?.digest).toBe(again?.digest);
  expect(other?.digest).not.toBe(again?.digest);
}, 60_000);

test.each(KEPT_SEEDS)(
  'seed $seed, which found that $found',
  async ({ seed }) => {
    const outcome = played.get(seed) ?? (await runSeeds({ from: seed, to: seed }))[0];
    expect(outcome && outcome.faults.length > 0 ? failureText(outcome) : '').toBe('');
  },
  60_000,
);

/** Bugs that are put in on purpose, a word of what a seed must find, and the seed with which the search begins: one that finds it today. */
const MUTANTS: [bug: Bug, found: RegExp, from: number][] = [
  ['receipt-early', /a receipt without bytes/, 1],
  ['acknowledge-early', /was applied 0 times/, 2],
  ['listing-remembered', /a report lies/, 25],
  ['ledger-not-rebuilt', /in the ledger/, 10],
  ['hours-ignored', /its limits hold it back/, 18],
  ['drill-leaky', /says something in its outage drill/, 10],
  ['audit-by-size', /nobody has told it/, 10],
];
const MUTANT_SEEDS = 150;
test.each(MUTANTS)(
  'the simulator finds the bug "%s"',
  async (bug, found, from) => {
    const isFound = ({ faults }: Outcome) => faults.some((fault) => found.test(fault));
    const outcomes = await runSeeds({ from, to: from + MUTANT_SEEDS, bug, enough: isFound });
    expect(outcomes.some(isFound)).toBe(true);
  },
  120_000,
);
