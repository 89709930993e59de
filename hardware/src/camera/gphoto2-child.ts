import { spawn } from 'node:child_process';

/** How a capturing process has ended; `timedOut` when it was killed for the limit. Outputs are cut to their last part. */
export type Ending = {
  code: number | null;
  signal: string | null;
  timedOut: boolean;
  stdout: string;
  stderr: string;
};

export type CaptureCommand = {
  command: string;
  args: string[];
  environment: NodeJS.ProcessEnv | undefined;
  limitMs: number;
};

const OUTPUT_BYTES_MAX = 64 * 1024;
/** A process in the kernel's hands (an USB transfer) dies late; it is waited for this long and then left behind. */
const LAST_WAIT_MS = 5_000;

/** Runs one capturing process to its end: SIGKILL by its process id at the limit or when the signal aborts. */
export function runCapture(
  { command, args, environment, limitMs }: CaptureCommand,
  signal: AbortSignal,
): Promise<Ending> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    const stdout = tail(child.stdout);
    const stderr = tail(child.stderr);
    // It only holds the pipe open: its end tells the process that nobody waits for the picture any more.
    child.stdin.on('error', () => undefined);
    let timedOut = false;
    let lastWait: NodeJS.Timeout | undefined;

    const end = (code: number | null, killedBy: string | null, failure = '') => {
      clearTimeout(limit);
      clearTimeout(lastWait);
      signal.removeEventListener('abort', kill);
      for (const stream of child.stdio) stream?.destroy();
      resolve({ code, signal: killedBy, timedOut, stdout: stdout(), stderr: stderr() + failure });
    };
    const kill = () => {
      child.kill('SIGKILL');
      lastWait ??= setTimeout(() => {
        child.unref();
        end(null, 'SIGKILL');
      }, LAST_WAIT_MS);
    };
    const limit = setTimeout(() => {
      timedOut = true;
      kill();
    }, limitMs);
    signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error) => end(null, null, `start ${JSON.stringify(command)}: ${error.message}`));
    child.once('close', end);
  });
}

function tail(stream: NodeJS.ReadableStream): () => string {
  let kept = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    kept = (kept + text).slice(-OUTPUT_BYTES_MAX);
  });
  return () => kept;
}
