import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Outcome } from './simulate.ts';
import type { Bug } from './site.ts';

const CHILD = join(import.meta.dirname, 'seeds-child.ts');

/**
 * Simulates the seeds `from` to `to` in so many processes, each of which takes every so many-th. `told` gets each outcome as it comes;
 * all of them are returned in the order of their seeds. A process that ends before its last seed is an error.
 */
export async function runSeeds(options: {
  from: number;
  to: number;
  processes?: number;
  bug?: Bug;
  told?: (outcome: Outcome) => void;
}): Promise<Outcome[]> {
  const { from, to, bug, told = () => undefined } = options;
  const processes = Math.min(options.processes ?? 2, to - from + 1);
  const outcomes: Outcome[] = [];
  const take = (outcome: Outcome) => {
    outcomes.push(outcome);
    told(outcome);
  };
  await Promise.all(
    Array.from({ length: processes }, (_, i) => runChild([from + i, to, processes, ...(bug ? [bug] : [])], take)),
  );
  if (outcomes.length !== to - from + 1) {
    throw new Error(`simulate the seeds ${from} to ${to}: ${outcomes.length} outcomes came; each should have one`);
  }
  return outcomes.sort((a, b) => a.seed - b.seed);
}

async function runChild(args: (number | string)[], take: (outcome: Outcome) => void): Promise<void> {
  const child = spawn(process.execPath, [CHILD, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) take(JSON.parse(line) as Outcome);
  const code = await ended;
  if (code !== 0)
    throw new Error(`simulate the seeds ${args.join(' ')}: the process ended with ${code}; it should with 0`);
}

/** A failing seed for a person: what broke, how to run it alone, and the end of its history. */
export function failureText({ seed, faults, tail }: Outcome): string {
  return [
    `seed ${seed}: ${faults.length} faults; alone: pnpm sim --seed ${seed}`,
    ...faults.map((fault) => `  ${fault}`),
    '  the end of its history:',
    ...tail.map((line) => `    ${line}`),
  ].join('\n');
}
