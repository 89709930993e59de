import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './temp.ts';

const ROOT = join(import.meta.dirname, '../..');
const COMPILED = join(ROOT, 'node_modules/.cache/vigie/compiled');

/** One of our programs, running as a process of its own. */
export type Program = {
  readonly pid: number;
  readonly running: boolean;
  /** Everything it has printed so far, both streams. */
  output(): Promise<string>;
  /** Waits for a line of its output. */
  printed(pattern: RegExp, limitMs?: number): Promise<RegExpMatchArray>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
};

/** Starts `vigie-agent` or `vigie-hub` as people do; a mutant from its sources, since it is they that are changed. */
export function startProgram(
  name: 'agent' | 'hub',
  args: string[],
  logFile: string,
  environment: Record<string, string> = {},
): Program {
  const [command, ...before] = environment.NODE_OPTIONS
    ? [process.execPath, join(ROOT, name, 'src/main.ts')]
    : [join(ROOT, name, 'bin', `vigie-${name}`)];
  const child: ChildProcess = spawn(command as string, [...before, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...environment },
  });
  appendFileSync(logFile, '');
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const running = () => child.exitCode === null && child.signalCode === null;
  const output = () => readFile(logFile, 'utf8');
  return {
    pid: child.pid as number,
    get running() {
      return running();
    },
    output,
    async printed(pattern, limitMs = 30_000) {
      return until(
        `${name} prints ${pattern}`,
        async () => {
          const match = pattern.exec(await output());
          if (!match && !running()) throw new Error(`${name} ended before it printed ${pattern}:\n${await output()}`);
          return match;
        },
        limitMs,
      );
    },
    async stop() {
      if (running()) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
      const code = await ended;
      clearTimeout(timer);
      return code;
    },
    async kill() {
      if (running()) child.kill('SIGKILL');
      await ended;
    },
  };
}
