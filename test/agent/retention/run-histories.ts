import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Mutant, mutantEnvironment } from '../../support/mutant.ts';

export type Outcome = { wrong: string | undefined; removed: number; cuts: number; skipped: number };

/** Runs histories from a seed on in a process of their own, as the programs are or as a mutant of them. */
export async function runHistories(child: string, args: readonly number[], mutant?: Mutant): Promise<Outcome> {
  const running = spawn(process.execPath, [join(import.meta.dirname, child), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(mutant && mutantEnvironment(mutant)) },
  });
  let said = '';
  let complaint = '';
  running.stdout.on('data', (text) => {
    said += text;
  });
  running.stderr.on('data', (text) => {
    complaint += text;
  });
  const [code] = await once(running, 'close');
  if (code === 1 && said.startsWith('seed ')) return { wrong: said.trim(), removed: 0, cuts: 0, skipped: 0 };
  if (code !== 0) throw new Error(`histories ended with ${code}: ${complaint}`);
  return { wrong: undefined, ...JSON.parse(said) };
}

const PROOF = '/agent/src/retention/proof.ts';

/** Builds that delete what they must not, or in the wrong order. */
export const MUTANTS: Record<string, Mutant> = {
  'removes without proof': {
    module: PROOF,
    from: 'if (configured.length === 0) return',
    to: 'if (configured.length >= 0) return { proved: true, at: [...configured] };\n  if (configured.length === 0) return',
  },
  'takes any destination for all': {
    module: PROOF,
    from: 'return lacking.length === 0\n',
    to: 'return at.length > 0\n',
  },
  'takes a source without a destination for proved': {
    module: PROOF,
    from: "if (all.length === 0) return { proved: false, reason: 'its source has no destination' };",
    to: 'if (all.length === 0) return { proved: true, at: [] };',
  },
  'takes a size for a digest': {
    module: PROOF,
    from: "receipt === 'digest' || (receipt === 'size' && level === 'size')",
    to: 'receipt !== null || level === null',
  },
  'takes a receipt of a destination that is no longer configured': {
    module: PROOF,
    from: 'const named = policy.at.filter((name) => at.includes(name));',
    to: 'const named = policy.at.filter((name) => proving.some(({ destination }) => destination === name));',
  },
  'removes the newest first': {
    module: '/agent/src/retention/choice.ts',
    from: 'a.agedAt - b.agedAt',
    to: 'b.agedAt - a.agedAt',
  },
  'removes proved files before derivatives': {
    module: '/agent/src/retention/cleaning.ts',
    from: '(await drain(assets(there, true, of), need, removed, signal)) ||',
    to: '',
  },
  'removes a file that was written to': {
    module: '/agent/src/retention/deletion.ts',
    from: 'look.size === size && Math.abs(look.modifiedAt - modifiedAt) <= MODIFIED_WITHIN_MS',
    to: 'size === size && modifiedAt === modifiedAt',
  },
  'does not end what a power cut has cut short': {
    module: '/agent/src/retention/deletion.ts',
    from: 'for (let i = 0; i < open.length; i += PORTION) await',
    to: 'for (let i = 0; i < 0; i += PORTION) await',
  },
  'does not flush what it has removed': {
    module: '/agent/src/retention/deletion.ts',
    from: 'for (const folder of folders) await disk.syncFolder(folder);',
    to: '',
  },
  'goes on removing where there is room': {
    module: '/agent/src/retention/cleaning.ts',
    from: 'if (missing.bytes === 0 && missing.inodes === 0) return true;',
    to: 'if (missing.bytes === 0 && missing.inodes === 0) missing.bytes = 1;',
  },
};
