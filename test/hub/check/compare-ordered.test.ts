import { writeFile } from 'node:fs/promises';
import type { Entry } from '@vigie/shared/protocol/asset';
import { expect, test } from 'vitest';
import { compareOrdered } from '../../../hub/src/check/compare-ordered.ts';
import { compareSides } from '../../../hub/src/check/compare-sides.ts';
import { INVENTORY_HEADER, inventoryEnd, inventoryLine } from '../../../hub/src/check/inventory-file.ts';
import type { SideOptions } from '../../../hub/src/check/options.ts';
import { parseSide } from '../../../hub/src/check/side.ts';
import { randomOf } from '../../support/random.ts';
import { tempFolder } from '../../support/temp.ts';

const OPTIONS: SideOptions = {
  ...{ identityFile: undefined, passwordFile: undefined, knownHosts: '', digest: false },
  filter: {},
};
const progress = () => ({
  left: { name: 'source', folders: 0, entries: 0 },
  right: { name: 'destination', folders: 0, entries: 0 },
});

const ordered = (entries: Entry[]): Entry[] => {
  const keyOf = ({ path }: Entry): [string, string] => {
    const cut = path.lastIndexOf('/') + 1;
    return [path.slice(0, cut), path.slice(cut)];
  };
  return entries.toSorted((a, b) => {
    const [[folder, name], [otherFolder, otherName]] = [keyOf(a), keyOf(b)];
    if (folder !== otherFolder) return folder < otherFolder ? -1 : 1;
    return name < otherName ? -1 : 1;
  });
};

async function sides(left: Entry[], right: Entry[]) {
  const folder = await tempFolder();
  const [a, b] = [`${folder}/left.ndjson`, `${folder}/right.ndjson`];
  for (const [file, entries] of [
    [a, left],
    [b, right],
  ] as const) {
    await writeFile(file, INVENTORY_HEADER + entries.map(inventoryLine).join('') + inventoryEnd(entries.length));
  }
  return [parseSide(a), parseSide(b)] as const;
}

/** Two lists that differ in every way that there is. */
function drawn(seed: number): [Entry[], Entry[]] {
  const random = randomOf(seed);
  const left: Entry[] = [];
  const right: Entry[] = [];
  for (let at = 0; at < 4000; at++) {
    const folder = ['', '20260101/', '20260102/', 'raw/20260101/', 'é/'][Math.floor(random() * 5)] as string;
    const ext = ['jpg', 'JPG', 'cr2', 'txt', ''][Math.floor(random() * 5)] as string;
    const digest = random() < 0.5 ? { sha256: at.toString(16).padStart(64, '0') } : {};
    const entry: Entry = { path: `${folder}${at}${random() < 0.1 ? ' "ü"' : ''}.${ext}`, size: at, ...digest };
    const change = Math.floor(random() * 12);
    if (change !== 0) left.push(change === 5 ? { ...entry, unreadable: 'torn' } : entry);
    if (change === 2) right.push({ ...entry, size: at + 1 });
    else if (change === 3) right.push({ ...entry, sha256: 'f'.repeat(64) });
    else if (change !== 1) right.push({ ...entry, modifiedAt: at });
  }
  return [left, right];
}

test.each([1, 2, 3])('what is in order is compared as what is not, seed %s', async (seed) => {
  const [left, right] = drawn(seed);
  const [a, b] = await sides(ordered(left), ordered(right));
  const fast = await compareOrdered(a, b, OPTIONS, progress());
  const slow = await compareSides(...(await sides(left.toReversed(), right)), OPTIONS, progress(), {
    matchedPaths: false,
  });
  expect(fast).toBeDefined();
  expect(fast?.figures).toEqual(slow.figures);
  expect(fast?.unmatched).toEqual(slow.unmatched);
  expect(fast?.matchedByDigest).toBe(slow.matchedByDigest);
  expect(slow.unmatched.length).toBeGreaterThan(100);
});

test('a path that is named twice is no order, and is found', async () => {
  const twice = [1, 2, 2, 3].map((at): Entry => ({ path: `20260101/${at}.jpg`, size: at }));
  const [a, b] = await sides(twice, ordered(twice.slice(0, 1)));
  expect(await compareOrdered(a, b, OPTIONS, progress())).toBeUndefined();
  const { unmatched } = await compareSides(a, b, OPTIONS, progress(), { matchedPaths: false });
  expect(unmatched.map(({ class: kind, path }) => `${kind} ${path}`)).toEqual([
    'unreadable 20260101/2.jpg',
    'missing 20260101/3.jpg',
  ]);
});
