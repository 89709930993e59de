import type { Bug } from './bugs.ts';
import { PowerCut } from './power.ts';
import { simulate } from './simulate.ts';

/**
 * Runs the seeds that are named as arguments, `FOLDER FROM TO STEP [BUG]`, and writes each outcome as one line of JSON. It is a process of its own
 * since simulated time goes on when Node's event loop is empty, which it never is below a test runner.
 */
const [folder = '/dev/shm', from = '1', to = from, step = '1', bug] = process.argv.slice(2);
let stray: string | undefined;
process.on('unhandledRejection', (error) => {
  // Programs whose power was cut leave promises behind.
  if (!(error instanceof PowerCut)) stray ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
});
for (let seed = Number(from); seed <= Number(to); seed += Number(step)) {
  const outcome = await simulate(seed, folder, bug as Bug | undefined);
  if (stray !== undefined) outcome.faults.push(`nobody has handled this error: ${stray}`);
  stray = undefined;
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
