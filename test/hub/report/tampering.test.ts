import { createHash } from 'node:crypto';
import type { Entry } from '@vigie/shared/protocol/asset';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createComparison } from '../../../hub/src/report/compare.ts';
import { unmatchedCount } from '../../../hub/src/report/figures.ts';

/** A file is its size and what it holds: a number stands for the content. */
type File = { size: number; content: number };
type Tree = Map<string, File>;

/** What somebody else may do to a destination. Numbers choose the files it is done to. */
const deed = fc.record({
  how: fc.constantFrom('bit flip', 'truncation', 'extra', 'rename', 'swap', 'deletion'),
  first: fc.nat(),
  second: fc.nat(),
});
type Deed = { how: string; first: number; second: number };

const files = fc.uniqueArray(
  fc.record({ minute: fc.integer({ min: 0, max: 59 }), size: fc.integer({ min: 1, max: 4 }) }),
  { minLength: 1, maxLength: 12, selector: ({ minute }) => minute },
);
const pathOf = (minute: number) => `20261123/202611231200${String(minute).padStart(2, '0')}.jpg`;

function tamper(tree: Tree, { how, first, second }: Deed): void {
  const paths = [...tree.keys()];
  const path = paths[first % Math.max(1, paths.length)];
  if (how === 'extra' || path === undefined) {
    tree.set(pathOf(first % 60).replace('.jpg', '_1.jpg'), { size: 1 + (second % 4), content: -1 - first });
    return;
  }
  const file = tree.get(path) as File;
  const other = paths[second % paths.length] as string;
  if (how === 'bit flip') tree.set(path, { ...file, content: -1_000_000 - first });
  if (how === 'truncation') tree.set(path, { size: second % file.size, content: -2_000_000 - first });
  if (how === 'rename' || how === 'deletion') tree.delete(path);
  if (how === 'rename') tree.set(path.replace('20261123/', '20261124/'), file);
  if (how === 'swap') {
    tree.set(path, tree.get(other) as File);
    tree.set(other, file);
  }
}

const isInSync = (source: Tree, destination: Tree, digests: boolean): boolean => {
  const entries = (tree: Tree): Entry[] =>
    [...tree].map(([path, { size, content }]) => ({
      path,
      size,
      ...(digests && { sha256: createHash('sha256').update(`${size} ${content}`).digest('hex') }),
    }));
  const comparison = createComparison();
  for (const entry of entries(source)) comparison.left(entry);
  for (const entry of entries(destination)) comparison.right(entry);
  return unmatchedCount(comparison.finish().figures) === 0;
};

/** Are both trees the same, byte for byte? Said without the comparison under test. */
const areSame = (a: Tree, b: Tree): boolean =>
  a.size === b.size &&
  [...a].every(([path, { size, content }]) => b.get(path)?.size === size && b.get(path)?.content === content);

/** How often a report was wrong about one of 10,000 destinations that somebody else has been at. */
function wrongs(digests: boolean): { falseInSync: number; falseAlarms: number; tampered: number } {
  const seen = { falseInSync: 0, falseAlarms: 0, tampered: 0 };
  fc.assert(
    fc.property(files, fc.array(deed, { minLength: 1, maxLength: 3 }), (made, deeds) => {
      const source: Tree = new Map(made.map(({ minute, size }) => [pathOf(minute), { size, content: minute }]));
      const destination: Tree = new Map(source);
      for (const one of deeds) tamper(destination, one);
      const same = areSame(source, destination);
      const told = isInSync(source, destination, digests);
      if (!same) seen.tampered += 1;
      if (told && !same) seen.falseInSync += 1;
      if (!told && same) seen.falseAlarms += 1;
    }),
    { numRuns: 10_000 },
  );
  return seen;
}

test('10,000 destinations that somebody has been at: with digests no report is falsely in sync, and none a false alarm', () => {
  const { falseInSync, falseAlarms, tampered } = wrongs(true);
  expect({ falseInSync, falseAlarms }).toEqual({ falseInSync: 0, falseAlarms: 0 });
  expect(tampered).toBeGreaterThan(9_000);
});

test('a comparison by size alone is found out by the same cases', () => {
  expect(wrongs(false).falseInSync).toBeGreaterThan(100);
});
