import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const VIGIE_HUB = fileURLToPath(new URL('../../../hub/bin/vigie-hub', import.meta.url));
const LIMIT_MS = 50_000;

export type Ended = { code: number; stdout: string; stderr: string };

/** Runs `vigie-hub` as a user would: as a program, with its arguments, to its end. */
export function vigieHub(args: string[], options: { cwd?: string; home?: string } = {}): Promise<Ended> {
  const env = { ...process.env, ...(options.home && { HOME: options.home }) };
  const limits = { timeout: LIMIT_MS, killSignal: 'SIGKILL' as const, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((done, fail) => {
    execFile(VIGIE_HUB, args, { ...limits, cwd: options.cwd, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') done({ code, stdout, stderr });
      else fail(new Error(`run vigie-hub ${args.join(' ')}: ${error?.message}: ${stderr}`));
    });
  });
}
