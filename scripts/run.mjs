#!/usr/bin/env node
// What `npm start` and `npm test` call, on any Node from 20 on: sets up what is missing, then goes on with the pinned Node.
//
//   node scripts/run.mjs start|test|bench|faults|sim|package|image [arguments of that script]
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pinnedNode, ROOT, SetUpError } from './set-up/step.mjs';
import { setUp } from './set-up.mjs';

const TASKS = {
  start: { purpose: 'run', script: 'start.ts' },
  test: { purpose: 'test', script: 'ok.ts' },
  bench: { purpose: 'test', script: 'bench.ts' },
  faults: { purpose: 'test', script: 'faults.ts' },
  sim: { purpose: 'test', script: 'sim.ts' },
  package: { purpose: 'package', script: 'package.ts' },
  image: { purpose: 'image', script: 'image.ts' },
};

const [name, ...args] = process.argv.slice(2);
const task = Object.hasOwn(TASKS, name ?? '') ? TASKS[name] : undefined;
if (task === undefined) {
  process.stderr.write(`run "${name ?? ''}": one of ${Object.keys(TASKS).join(', ')} is allowed\n`);
  process.exitCode = 2;
} else if (prepared(task.purpose)) {
  const child = spawn(pinnedNode(), [join(ROOT, 'scripts', task.script), ...args], { cwd: ROOT, stdio: 'inherit' });
  // A terminal sends Ctrl-C to the child as well; the scripts take the second as a repetition of the first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function prepared(purpose) {
  try {
    setUp(purpose);
    return true;
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`${error.message}\n`);
    // The last line of a test run is its count, also where no test could run.
    if (purpose === 'test') process.stdout.write('0 passed, 1 failed\n');
    process.exitCode = 3;
    return false;
  }
}
