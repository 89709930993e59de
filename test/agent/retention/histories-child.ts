import { history } from './history-model.ts';

/** As a program: `node histories-child.ts FIRST-SEED COUNT LENGTH`. Says what was wrong, with its seed, and ends with code 1. */
const [first = 1, count = 1, length = 60] = process.argv.slice(2).map(Number);
const sum = { removed: 0, cuts: 0, skipped: 0 };
for (let seed = first; seed < first + count; seed++) {
  const { wrong, removed, cuts, skipped } = await history(seed, length);
  sum.removed += removed;
  sum.cuts += cuts;
  sum.skipped += skipped;
  if (wrong === undefined) continue;
  process.stdout.write(`seed ${seed}: ${wrong}\n`);
  process.exit(1);
}
process.stdout.write(`${JSON.stringify({ count, ...sum })}\n`);
