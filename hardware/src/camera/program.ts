import { spawn } from 'node:child_process';
import { VigieError } from '@vigie/shared/kit/errors';

/** One run of a program that takes a picture. No shell is involved: arguments are passed as they stand. */
export type ProgramRun = {
  /** Names or paths of the program; the first that is there is run. */
  commands: readonly string[];
  args: readonly string[];
  /** Its working folder. */
  folder: string;
  /** The whole environment; this process's own where absent. */
  environment?: NodeJS.ProcessEnv | undefined;
  /** What it reads from standard input; nothing where absent. */
  input?: string | undefined;
};

/** How it has ended; the outputs are cut to their last part. */
export type ProgramEnd = {
  command: string;
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
};

const OUTPUT_CHARACTERS_MAX = 64 * 1024;
/** A process in the kernel's hands (a driver that does not answer) dies late; it is waited for this long and then left behind. */
const LAST_WAIT_MS = 5_000;

/**
 * Runs a program to its end; when the signal aborts, it and what it has started get SIGKILL. It dies with this process, however that
 * ends. Throws `camera-refused` when none of the commands is there.
 */
export async function runProgram(run: ProgramRun, signal: AbortSignal): Promise<ProgramEnd> {
  for (const command of run.commands) {
    signal.throwIfAborted();
    const end = await runOne(command, run, signal);
    if (end) return end;
  }
  const names = run.commands.map((command) => JSON.stringify(command)).join(' or ');
  throw new VigieError('camera-refused', `start ${names}: there is no such program here`, {
    retryable: true,
    hint: 'Install it, or name its path as "command".',
  });
}

/** Undefined when there is no such program. */
function runOne(command: string, run: ProgramRun, signal: AbortSignal): Promise<ProgramEnd | undefined> {
  return new Promise((resolve, reject) => {
    // setpriv (util-linux) becomes the program after it has asked the kernel to kill it with its parent: prctl(2), PR_SET_PDEATHSIG.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...run.args], {
      cwd: run.folder,
      env: run.environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A process group of its own: what the program has started is stopped with it.
      detached: true,
    });
    const stdout = tail(child.stdout);
    const stderr = tail(child.stderr);
    // A program that does not read to the end closes its side first.
    child.stdin.on('error', () => undefined);
    child.stdin.end(run.input ?? '');
    let lastWait: NodeJS.Timeout | undefined;

    const end = (code: number | null, killedBy: string | null) => {
      clearTimeout(lastWait);
      signal.removeEventListener('abort', kill);
      for (const stream of child.stdio) stream?.destroy();
      const said = stderr();
      const isAbsent = code === 127 && /^setpriv: failed to execute/m.test(said);
      resolve(isAbsent ? undefined : { command, code, signal: killedBy, stdout: stdout(), stderr: said });
    };
    const kill = () => {
      killGroup(child.pid);
      lastWait ??= setTimeout(() => {
        child.unref();
        end(null, 'SIGKILL');
      }, LAST_WAIT_MS);
    };
    signal.addEventListener('abort', kill, { once: true });
    child.once('error', (cause) => {
      signal.removeEventListener('abort', kill);
      clearTimeout(lastWait);
      const hint = '"setpriv" of Debian’s package util-linux is needed to start programs.';
      reject(
        new VigieError('camera-crashed', `start "${command}": it did not start`, { cause, retryable: true, hint }),
      );
    });
    child.once('close', end);
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function tail(stream: NodeJS.ReadableStream): () => string {
  let kept = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    kept = (kept + text).slice(-OUTPUT_CHARACTERS_MAX);
  });
  return () => kept;
}

/** How a program ended, for a message: its exit code or the signal. */
export const endingOf = ({ code, signal }: ProgramEnd): string => signal ?? `exit code ${code}`;

/** The line of standard error that tells most, in one and short enough for a message; empty where it said nothing. */
export function lastWords(stderr: string, telling = /error|assert|abort|fault|cannot|failed/i): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  return (lines.findLast((line) => telling.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 300);
}
