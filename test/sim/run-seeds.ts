import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Bug } from './bugs.ts';
import type { Outcome } from './simulate.ts';

const CHILD = join(import.meta.dirname, 'seeds-child.ts');
/** Many histories make much garbage that lives short, and errors whose stacks nobody reads: one alone tells them. */
const SWIFT = ['--max-semi-space-size=32', '--stack-trace-limit=0'];
/** Compiled sources, so that each process begins within half a second. */
const COMPILE_CACHE = join(tmpdir(), 'vigie-sim-compiled');

/**
 * Simulates the seeds `from` to `to` in so many processes, each of which takes every so many-th. `told` gets each outcome as it comes;
 * all of them are returned in the order of their seeds. A process that ends before its last seed is an error, unless `enough` has said of
 * an outcome that no more are needed.
 */
export async function runSeeds(options: {
  from: number;
  to: number;
  processes?: number;
  bug?: Bug;
  told?: (outcome: Outcome) => void;
  enough?: (outcome: Outcome) => boolean;
}): Promise<Outcome[]> {
  const { from, to, bug, told = () => undefined, enough = () => false } = options;
  const processes = Math.min(options.processes ?? 2, to - from + 1);
  const outcomes: Outcome[] = [];
  const ending = new AbortController();
  const take = (outcome: Outcome) => {
    outcomes.push(outcome);
    told(outcome);
    if (enough(outcome)) ending.abort();
  };
  const flags = from === to ? [] : SWIFT;
  const folder = mkdtempSync('/dev/shm/vigie-sim-');
  try {
    await Promise.all(
      Array.from({ length: processes }, (_, i) =>
        runChild(flags, [folder, from + i, to, processes, ...(bug ? [bug] : [])], take, ending.signal),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (!ending.signal.aborted && outcomes.length !== to - from + 1) {
    throw new Error(`simulate the seeds ${from} to ${to}: ${outcomes.length} outcomes came; each should have one`);
  }
  return outcomes.sort((a, b) => a.seed - b.seed);
}

async function runChild(
  flags: readonly string[],
  args: (number | string)[],
  take: (outcome: Outcome) => void,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(process.execPath, [...flags, CHILD, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  for await (const line of createInterface({ input: child.stdout }))
    if (!signal.aborted) take(JSON.parse(line) as Outcome);
  const code = await ended;
  if (code !== 0 && !signal.aborted)
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
