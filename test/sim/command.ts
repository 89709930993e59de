/** What `pnpm sim` runs; `scripts/sim.ts` says how it is called. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { BUGS } from './bugs.ts';
import { failureText, runSeeds } from './run-seeds.ts';

const PROGRESS_EVERY = 100;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    processes: { type: 'string', default: String(availableParallelism()) },
    bug: { type: 'string' },
  },
});
const bug = BUGS.find((name) => name === values.bug);
if (values.bug !== undefined && bug === undefined) {
  process.stderr.write(`sim --bug "${values.bug}": one of ${BUGS.join(', ')} is allowed\n`);
  process.exit(2);
}
const one = values.seed === undefined ? undefined : Number(values.seed);
const from = one ?? Number(values.from);
const to = one ?? from + Number(values.seeds) - 1;
const begin = performance.now();
const seconds = () => ((performance.now() - begin) / 1000).toFixed(1);
const sums = { passed: 0, failed: 0, days: 0, pictures: 0, reports: 0 };

await runSeeds({
  from,
  to,
  processes: Number(values.processes),
  ...(bug && { bug }),
  told(outcome) {
    const isFailed = outcome.faults.length > 0;
    sums[isFailed ? 'failed' : 'passed'] += 1;
    sums.days += outcome.days;
    sums.pictures += outcome.pictures;
    sums.reports += outcome.reports;
    if (isFailed) process.stdout.write(`${failureText(outcome)}\n`);
    else if (one !== undefined) process.stdout.write(`${outcome.tail.join('\n')}\ntrace ${outcome.digest}\n`);
    const done = sums.passed + sums.failed;
    if (done % PROGRESS_EVERY === 0)
      process.stdout.write(`${done} of ${to - from + 1}: ${sums.failed} failed, ${seconds()} s\n`);
  },
});
process.stdout.write(`${sums.days} days, ${sums.pictures} pictures and ${sums.reports} reports in ${seconds()} s\n`);
process.stdout.write(`${sums.passed} passed, ${sums.failed} failed\n`);
process.exit(sums.failed === 0 ? 0 : 1);
