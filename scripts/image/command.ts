import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const TIME_LIMIT_MS = 15 * 60_000;

/** Runs one program to its end and returns what it printed. @throws an Error with its last words when it fails, or takes over 15 minutes */
export async function command(
  program: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      maxBuffer: OUTPUT_BYTES_MAX,
      timeout: TIME_LIMIT_MS,
    });
    return stdout;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    const words = (stderr || message).trim().split('\n').slice(-15).join('\n');
    throw new Error(`build the image: "${program} ${args.slice(0, 4).join(' ')} …" failed:\n${words}`, {
      cause: error,
    });
  }
}

/** A line of shell in which `$1`, `$2` … are the arguments; a part of a pipe that fails fails it. */
export const shell = (line: string, args: string[], options?: { cwd?: string }): Promise<string> =>
  command('bash', ['-eu', '-o', 'pipefail', '-c', line, 'image', ...args], options);
