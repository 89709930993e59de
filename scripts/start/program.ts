import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, openSync, renameSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const TAIL_LINES_MAX = 20;

/** One program that `npm start` runs, its output in a log file. */
export type Program = {
  name: string;
  /** Undefined when it could not be started. */
  pid: number | undefined;
  /** Resolves when it has ended, with how: `exit code 3`, `SIGKILL`. It never rejects. */
  ended: Promise<string>;
  /** The last lines that it said. */
  tail(): string[];
  /** The first line on its standard output that matches; undefined when there is none within `limitMs`, or before it ended. */
  line(pattern: RegExp, limitMs: number): Promise<RegExpExecArray | undefined>;
  /** Asks it to end; kills it and all its children when it has not within `limitMs`. */
  stop(limitMs: number): Promise<void>;
};

/**
 * Runs a program in a process group of its own, so that Ctrl-C reaches it only through `stop`, in the right order. It is
 * asked to end when this process dies without having stopped it. The log of the run before is kept as `LOG.1`.
 */
export function startProgram(name: string, command: string[], logFile: string): Program {
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
  // Opened at once: it is there, and is its own, before anybody looks for it or the next start puts it aside.
  const log = createWriteStream(logFile, { fd: openSync(logFile, 'w', 0o600) });
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const tail: string[] = [];
  const said: string[] = [];
  let heard: ((line: string) => void) | undefined;
  for (const [stream, keep] of [
    [child.stdout, true],
    [child.stderr, false],
  ] as const) {
    createInterface({ input: stream }).on('line', (line) => {
      if (!log.writableEnded) log.write(`${line}\n`);
      tail.push(line);
      if (tail.length > TAIL_LINES_MAX) tail.shift();
      if (!keep) return;
      if (said.length < 1000) said.push(line);
      heard?.(line);
    });
  }
  const ended = endOf(child).finally(() => log.end());

  return {
    name,
    pid: child.pid,
    ended,
    tail: () => [...tail],
    async line(pattern, limitMs) {
      const limit = new AbortController();
      const match = new Promise<RegExpExecArray>((found) => {
        heard = (line) => {
          const result = pattern.exec(line);
          if (result) found(result);
        };
        for (const line of said) heard(line);
      });
      const none = () => undefined;
      const late = sleep(limitMs, undefined, { signal: limit.signal }).catch(none);
      const first = await Promise.race([match, ended.then(none), late]);
      heard = undefined;
      limit.abort();
      return first;
    },
    async stop(limitMs) {
      child.kill('SIGTERM');
      const limit = new AbortController();
      const late = sleep(limitMs, 'late' as const, { signal: limit.signal }).catch(() => 'stopped' as const);
      const first = await Promise.race([ended, late]);
      limit.abort();
      if (first === 'late') killGroup(child);
      await ended;
    },
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      child.once('close', () => resolve(how));
      // A child of its own may hold the pipes open for longer.
      setTimeout(() => resolve(how), 1000).unref();
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // It ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
