import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { createWatchedFolder } from '@vigie/agent/watched-folder/watched-folder';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { createFileBooks } from '../agent/watched-folder/file-books.ts';

const FILES = 10_000;
const FILE_BYTES = 1_024;
const RUNS = 3;
const RUN_LIMIT_MS = 300_000;
const CANDIDATES = 50_000;
const ENDPOINTS = 100;
const BUSY_ENDPOINTS = 20;
const ENDPOINT_INTERVAL_MS = 1_000;
const ENDPOINTS_FOR_MS = 15_000;

/** What an administrator writes instead: each file that is moved in is moved on by a shell. */
const LOOP =
  'inotifywait -q -m -e moved_to --format %f "$0/input" | while read -r file; do mv "$0/input/$file" "$0/result/$file"; done';

/** The watched folder: files from pick-up to result, one scan of many candidates, and many endpoints at once. */
export async function benchWatchedFolder(): Promise<BenchRow[]> {
  const root = mkdtempSync(join(tmpdir(), 'vigie-bench-folder-'));
  try {
    return [
      ...(await pickUp(root)),
      await scanOfMany(join(root, 'many')),
      await manyEndpoints(join(root, 'endpoints')),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function pickUp(root: string): Promise<BenchRow[]> {
  const program = join(import.meta.dirname, 'watched-folder-child.ts');
  const ours = (how: string) => (folder: string) =>
    spawn(process.execPath, [program, folder, how], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ways: Record<string, (folder: string) => ChildProcess> = {
    quick: ours('quick'),
    durable: ours('durable'),
    loop: (folder) => spawn('bash', ['-c', LOOP, folder], { stdio: ['ignore', 'ignore', 'inherit'], detached: true }),
  };
  const rates = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let run = 0; run < RUNS; run++) {
    for (const [name, start] of Object.entries(ways)) {
      const folder = join(root, `${name}-${run}`);
      rates.get(name)?.push(await rateOf(folder, () => start(folder)));
      rmSync(folder, { recursive: true });
    }
  }
  const rate = (name: string) =>
    [...(rates.get(name) as number[])].sort((a, b) => a - b)[Math.floor(RUNS / 2)] as number;
  const row = (what: string, name: string, goal: string, met: boolean): BenchRow => ({
    what: `${FILES.toLocaleString('en')} files of 1 KB from pick-up to result, ${what}`,
    unit: 'files/s',
    ours: rate(name),
    peer: { name: 'inotifywait and mv', value: rate('loop') },
    goal,
    met,
  });
  return [
    row('nothing flushed', 'quick', 'at least 2 ×', rate('quick') >= 2 * rate('loop')),
    row('every step flushed', 'durable', 'none: the loop flushes nothing', true),
  ];
}

/** Files a second, from the first name that is moved in to the last that lies in result. */
async function rateOf(folder: string, start: () => ChildProcess): Promise<number> {
  const outside = join(folder, 'outside');
  for (const tree of ['input', 'result', 'outside']) mkdirSync(join(folder, tree), { recursive: true });
  const bytes = Buffer.alloc(FILE_BYTES);
  for (let n = 0; n < FILES; n++) {
    bytes.writeUInt32LE(n);
    writeFileSync(join(outside, `${n}.jpg`), bytes);
  }
  const child = start();
  try {
    await listening(child, folder, outside);
    const began = performance.now();
    for (let n = 0; n < FILES; n++) renameSync(join(outside, `${n}.jpg`), join(folder, 'input', `${n}.jpg`));
    while (readdirSync(join(folder, 'result')).filter((name) => name.endsWith('.jpg')).length < FILES) {
      if (performance.now() - began > RUN_LIMIT_MS) throw new Error(`wait for "${folder}/result": not all files came`);
      await sleep(20);
    }
    return (FILES / (performance.now() - began)) * 1000;
  } finally {
    const ended = once(child, 'exit');
    // The loop is two programs, in a group of their own.
    if (child.spawnargs[0] === 'bash') process.kill(-(child.pid as number), 'SIGKILL');
    else child.kill('SIGKILL');
    await ended;
  }
}

/** Waits until a first file has gone through. */
async function listening(child: ChildProcess, folder: string, outside: string): Promise<void> {
  for (let n = 0; !readdirSync(join(folder, 'result')).some((name) => name.endsWith('.first')); n++) {
    if (child.exitCode !== null) throw new Error(`start ${child.spawnargs.join(' ')}: it ended`);
    writeFileSync(join(outside, `${n}.first`), 'first');
    renameSync(join(outside, `${n}.first`), join(folder, 'input', `${n}.first`));
    await sleep(100);
  }
}

const keep: Operation = Object.assign(
  async ({ file, name }: { file: string; name: string }) => ({
    sound: { ok: true as const },
    results: [{ file, name }],
  }),
  { makesNothing: true as const },
);

const engine = (name: string, folder: string, settings: Parameters<typeof watchedFolderConfig.parse>[0]) =>
  createWatchedFolder({
    name,
    folder,
    zone: 'UTC',
    operation: keep,
    books: createFileBooks(),
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    settings: watchedFolderConfig.parse(settings),
  });

/** Files that are too young to be taken: all are looked at, by each scan. */
async function scanOfMany(folder: string): Promise<BenchRow> {
  mkdirSync(join(folder, 'input'), { recursive: true });
  for (let n = 0; n < CANDIDATES; n++) writeFileSync(join(folder, 'input', `${n}.jpg`), '');
  await using watched = engine('many', folder, { waitTime: '1d' });
  await watched.open();
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    const { waiting } = await watched.scan();
    times.push((performance.now() - began) / 1000);
    if (waiting !== CANDIDATES) throw new Error(`scan "${folder}": ${waiting} files wait; ${CANDIDATES} should`);
  }
  const seconds = times.sort((a, b) => a - b)[Math.floor(RUNS / 2)] as number;
  return {
    what: `one scan of ${CANDIDATES.toLocaleString('en')} candidates`,
    unit: 's',
    ours: seconds,
    peer: null,
    goal: 'under 1 s',
    met: seconds < 1,
  };
}

/**
 * Some have a file each second, which hurries their scans; the others keep to their interval. How much later than it does a scan come,
 * at worst?
 */
async function manyEndpoints(root: string): Promise<BenchRow> {
  const stop = new AbortController();
  const folders = Array.from({ length: ENDPOINTS }, (_, n) => join(root, `${n}`));
  const engines = folders.map((folder, n) =>
    engine(`endpoint-${n}`, folder, { include: '*', interval: `${ENDPOINT_INTERVAL_MS}ms`, waitTime: '0ms' }),
  );
  for (const one of engines) await one.open();
  const running = engines.map((one) => one.run(stop.signal));
  const last = engines.map(() => 0);
  let worst = 0;
  const end = performance.now() + ENDPOINTS_FOR_MS;
  for (let n = 0; performance.now() < end; n++) {
    writeFileSync(join(folders[n % BUSY_ENDPOINTS] as string, 'input', `${n}.jpg`), `file ${n}`);
    for (const [at, one] of engines.entries()) {
      const { lastScanAt } = one.condition();
      if (lastScanAt === null || lastScanAt === last[at]) continue;
      if (last[at]) worst = Math.max(worst, lastScanAt - (last[at] as number) - ENDPOINT_INTERVAL_MS);
      last[at] = lastScanAt;
    }
    await sleep(1000 / BUSY_ENDPOINTS);
  }
  stop.abort();
  await Promise.all(running);
  for (const one of engines) await one[Symbol.asyncDispose]();
  return {
    what: `${ENDPOINTS} endpoints at an interval of 1 s, the latest scan after its time`,
    unit: 'ms',
    ours: worst,
    peer: null,
    goal: 'at most one interval',
    met: worst <= ENDPOINT_INTERVAL_MS,
  };
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await benchWatchedFolder(), null, 2)}\n`);
