import { expect, test } from 'vitest';
import type { Mutant } from '../support/mutant.ts';
import { dropAndKill } from './dropped/drop-and-kill.ts';

test('600 dropped pictures and 100 kills', { timeout: 1_800_000 }, async () => {
  await dropAndKill({ files: 600, kills: 100 });
});

/** Everything works until the agent starts again. */
const FORGETS_COPIES: Mutant = {
  module: '/hardware/src/camera/folder-take.ts',
  from: 'taken.add(keyOf(file));',
  to: 'const add = taken.has; taken.has = (key) => key === keyOf(file) || add(key);',
};

test('an agent that does not note what it has copied is found out', { timeout: 300_000 }, async () => {
  await expect(dropAndKill({ files: 12, kills: 1, mutant: FORGETS_COPIES })).rejects.toThrow();
});
