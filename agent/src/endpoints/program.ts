import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { isSystemError, messageOf } from '@vigie/shared/kit/errors';

/** One run of a program that must end. */
export type ProgramRun = {
  program: string;
  args: readonly string[];
  folder: string;
  /** Its whole environment. */
  environment: Readonly<Record<string, string>>;
  timeLimitMs: number;
  /** Between SIGTERM and SIGKILL. */
  killAfterMs: number;
};

export type ProgramEnd = {
  /** The exit code, or the signal that ended it. */
  how: number | NodeJS.Signals;
  /** The end of what it wrote to standard error, else to standard output. */
  lastWords: string;
  overdue: boolean;
};

/**
 * Runs a program without a shell, in a process group of its own, and reads what it says without keeping more than its last
 * words. When it takes too long, or the signal aborts, the whole group gets SIGTERM, then SIGKILL; what it leaves
 * behind in its group ends with it. Throws the system's error where it cannot be started.
 */
export async function runProgram(run: ProgramRun, clock: Clock, signal: AbortSignal): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const child = spawn(run.program, run.args, {
    cwd: run.folder,
    env: run.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] = (said[stream] + text).slice(-LAST_WORDS_MAX);
    });
  }
  const over = new AbortController();
  const ending = endOf(child, over);
  // Whoever waits for its end below is told.
  ending.catch(() => undefined);
  let overdue = false;
  const limited = clock.sleep(run.timeLimitMs, AbortSignal.any([signal, over.signal]));
  const stopped = limited.then(async () => {
    if (over.signal.aborted) return;
    overdue = !signal.aborted;
    killGroup(child.pid, 'SIGTERM');
    await clock.sleep(run.killAfterMs, over.signal);
    if (!over.signal.aborted) killGroup(child.pid, 'SIGKILL');
  });
  try {
    const how = await ending;
    return { how, overdue, lastWords: (said.stderr.trim() || said.stdout.trim()).slice(-LAST_WORDS_TOLD) };
  } finally {
    over.abort();
    await stopped;
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

async function endOf(child: ChildProcess, over: AbortController): Promise<number | NodeJS.Signals> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const how = await new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal as NodeJS.Signals)));
  });
  over.abort();
  killGroup(child.pid, 'SIGKILL');
  // A process that left the group may hold the pipes for ever: they are read a moment longer, not to their end.
  const waited = new AbortController();
  const moment = setTimeout(() => waited.abort(), LAST_READ_MS);
  await Promise.race([
    closed,
    new Promise<void>((resolve) => waited.signal.addEventListener('abort', () => resolve())),
  ]);
  clearTimeout(moment);
  return how;
}

function killGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // No process is left in it; or none that may be told, having changed its user.
    if (!isSystemError(error, 'ESRCH', 'EPERM')) throw error;
  }
}

/** Why this program cannot be run; undefined when it can. A name without `/` is looked for as the system does. */
export async function programFault(program: string, path: string | undefined): Promise<string | undefined> {
  const found = program.includes('/')
    ? [program]
    : (path ?? '/bin:/usr/bin').split(':').map((folder) => `${folder === '' ? '.' : folder}/${program}`);
  let last = 'it is in no folder of PATH';
  for (const file of found) {
    try {
      if (!(await stat(file)).isFile()) throw new Error('it is no file');
      await access(file, constants.X_OK);
      return undefined;
    } catch (error) {
      if (found.length === 1 || !isSystemError(error, 'ENOENT', 'ENOTDIR')) last = messageOf(error);
    }
  }
  return `program ${JSON.stringify(program)} cannot be run: ${last}`;
}

const LAST_WORDS_MAX = 8_192;
const LAST_WORDS_TOLD = 400;
const LAST_READ_MS = 1_000;
