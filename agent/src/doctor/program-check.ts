import { execFile } from 'node:child_process';
import { isSystemError } from '@vigie/shared/kit/errors';
import type { OwnCommand } from '@vigie/shared/kit/own-part';
import { type Finding, mend, ok } from './finding.ts';

export type ProgramCheckOptions = {
  /** Names or paths; one of them must be there. */
  commands: readonly string[];
  /** Makes it tell its version and end. */
  versionArgument: string;
  debianPackage: string;
  /** Who needs it. */
  purpose: string;
};

const LIMIT_MS = 10_000;

/** Is a program there, and does it run? */
export async function checkProgram(options: ProgramCheckOptions, signal: AbortSignal): Promise<Finding[]> {
  const { commands, versionArgument, debianPackage, purpose } = options;
  const install = `sudo apt-get install -y ${debianPackage}`;
  for (const command of commands) {
    const { error, said } = await run(command, [versionArgument], signal);
    if (isSystemError(error, 'ENOENT', 'EACCES')) continue;
    const line = said.split('\n').find((text) => text.trim() !== '') ?? '';
    if (error)
      return [
        mend(
          'program-broken',
          `"${command}", for ${purpose}, does not run: ${line || error.message}`,
          `sudo apt-get install -y --reinstall ${debianPackage}`,
        ),
      ];
    return [ok('program', `"${command}" is there for ${purpose}: ${line.trim().slice(0, 120)}`)];
  }
  const names = commands.map((command) => `"${command}"`).join(' or ');
  return [mend('program-absent', `${names}, for ${purpose}, is not there`, install)];
}

/** Does an add-on load on this Node? It runs in a process of its own, since a wrong one brings the process down. */
export async function checkAddOn(
  options: { name: string /** Loads it, and ends. */; load: OwnCommand; rebuild: string },
  signal: AbortSignal,
): Promise<Finding[]> {
  const { name, load, rebuild } = options;
  const { error, said } = await run(load.command, load.args, signal);
  if (!error) return [ok('add-on', `the add-on "${name}" loads on Node ${process.versions.node}`)];
  const line = said.split('\n').find((text) => /error/i.test(text)) ?? error.message;
  return [mend('add-on-broken', `the add-on "${name}" does not load: ${line.trim().slice(0, 300)}`, rebuild)];
}

function run(command: string, args: string[], signal: AbortSignal): Promise<{ error: Error | null; said: string }> {
  return new Promise((resolve) => {
    const settings = { timeout: LIMIT_MS, killSignal: 'SIGKILL' as const, signal };
    execFile(command, args, settings, (error, answer, complaint) =>
      resolve({ error, said: `${complaint}\n${answer}` }),
    );
  });
}
