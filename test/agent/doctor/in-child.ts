import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Finding } from '@vigie/agent/doctor/finding';

/** Makes a check in a child that `before` starts: `strace …`, `setpriv …`. */
export async function checkInChild(before: string[], what: 'usb' | 'disk', options: object): Promise<Finding[]> {
  const script = join(import.meta.dirname, 'check-child.ts');
  const [command = '', ...args] = [...before, process.execPath, script, what, JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(command, args, { timeout: 30_000 });
  return JSON.parse(stdout) as Finding[];
}

/** Root without its right to pass over permissions is like everybody else; others are already. */
export const withoutPrivilege =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] : [];

/** What has to be mended, by code, with its fix. */
export function fixes(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.flatMap((one) => (one.state === 'mend' ? [[one.code, one.fix]] : [])));
}

/** Runs a fix as a person would: what follows a "#" in it is for reading. */
export async function runFix(fix: string): Promise<void> {
  await promisify(execFile)('bash', ['-c', fix], { timeout: 30_000 });
}
