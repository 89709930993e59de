import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const LIMIT_MS = 300_000;
const runFile = promisify(execFile);

/** Runs one tool of the build to its end and returns what it printed; its failure is told with what it said. */
export async function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  try {
    const { stdout } = await runFile(command, args, {
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      env: { ...process.env, LC_ALL: 'C', ...options.env },
    });
    return stdout;
  } catch (error) {
    const { stderr, stdout, message } = error as { stderr?: string; stdout?: string; message: string };
    throw new Error(`run "${command}": ${stderr?.trim() || stdout?.trim() || message}`, { cause: error });
  }
}
