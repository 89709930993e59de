import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { ownPart } from '@vigie/shared/kit/own-part';
import { type Finding, mend, ok, unknown, word } from './finding.ts';
import type { LedgerAnswer } from './ledger-child.ts';

const LIMIT_MS = 60_000;

/**
 * Looks through a ledger, as the user to whom its folder belongs: SQLite makes files beside it, which the agent must be able to use.
 * Undefined where there is no ledger yet; a VigieError `ledger` where it cannot be read.
 */
export async function askLedger(file: string, signal: AbortSignal): Promise<LedgerAnswer | undefined> {
  const owner = await ownerOf(file);
  if (owner === undefined) return undefined;
  const isRoot = process.getuid?.() === 0;
  const part = ownPart('ledger', new URL('./ledger-child.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const settings = { timeout: LIMIT_MS, killSignal: 'SIGKILL' as const, signal, ...(isRoot ? owner : {}) };
    execFile(part.command, [...part.args, file], settings, (error, answer, complaint) => {
      if (!error) return resolve(JSON.parse(answer) as LedgerAnswer);
      const line = complaint.split('\n').find((text) => /error/i.test(text)) ?? error.message;
      const is = error.killed ? `it was not through within ${LIMIT_MS} ms` : line.trim();
      reject(new VigieError('ledger', `read ledger ${JSON.stringify(file)}: ${is}`, { cause: error }));
    });
  });
}

/** Is the ledger whole? It can be made anew from the folders and the destinations. */
export async function checkLedger(file: string, asked: Promise<LedgerAnswer | undefined>): Promise<Finding[]> {
  const folder = dirname(file);
  const aside = join(folder, 'ledger.broken');
  const fix = [
    'sudo systemctl stop vigie-agent',
    `mkdir -p ${word(aside)}`,
    `mv ${word(file)}* ${word(aside)}/`,
    'sudo systemctl start vigie-agent # it is made anew from the folders',
  ].join(' && ');
  try {
    const answer = await asked;
    if (answer === undefined)
      return [unknown('ledger-none', `there is no ledger at "${file}" yet: the agent makes it at its first start`)];
    const { faults, held } = answer;
    if (faults.length > 0)
      return [mend('ledger-damaged', `"${file}" is damaged: ${faults.slice(0, 3).join('; ')}`, fix)];
    const count = Object.values(held).reduce((sum, one) => sum + one, 0);
    return [ok('ledger', `"${file}" is whole and knows ${count} held pictures`)];
  } catch (error) {
    const what = (error as Error).message;
    if (/not a database|malformed|corrupt/i.test(what)) return [mend('ledger-damaged', what, fix)];
    return [mend('ledger-unreadable', what, `ls -l ${word(folder)}`)];
  }
}

async function ownerOf(file: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(file);
    return { uid, gid };
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
