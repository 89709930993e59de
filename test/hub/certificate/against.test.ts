import { createAgainst, foldersOf } from '@vigie/hub/certificate/against';
import type { Leaf, Remark } from '@vigie/hub/certificate/certificate';
import type { Entry } from '@vigie/shared/protocol/asset';
import { expect, test } from 'vitest';
import { asset, DAY } from './certified-source.ts';

const leafOf = (entry: Entry): Leaf => ({
  path: entry.path,
  size: entry.size,
  sha256: entry.sha256 ?? null,
  capturedAt: null,
});
const [one, two] = [asset(1), asset(2)];
const leaves = [leafOf(one), leafOf(two)];

function held(side: Entry[], remarks: Remark[] = []) {
  const comparison = createAgainst({ header: { day: DAY }, leaves, remarks });
  for (const entry of side) comparison.tell(entry);
  return comparison.finish();
}

test('what is there as certified counts by digest only where the side knows one', () => {
  expect(held([two, one])).toEqual({ differences: [], sound: 2, byDigest: 2 });
  expect(held([one, { ...two, sha256: undefined }])).toEqual({ differences: [], sound: 2, byDigest: 1 });
});

test('a file that cannot be read, or is named twice, is altered', () => {
  expect(held([{ ...one, unreadable: 'a symbolic link' }, two, two]).differences).toEqual([
    { class: 'altered', path: one.path, cause: 'unreadable: a symbolic link' },
    { class: 'altered', path: two.path, cause: 'the side names this path twice' },
  ]);
});

test('what was missing when it was certified is told so', () => {
  const remark: Remark = { destination: 'archive', class: 'missing', path: two.path, cause: 'queued' };
  expect(held([one], [remark]).differences).toEqual([
    { class: 'removed', path: two.path, cause: 'it is not there; when certified, it was missing at archive' },
  ]);
});

test('other days are passed over, and what the certificate names beside its leaves is no addition', () => {
  const path = `${DAY}/${DAY}230000.jpg`;
  const otherDay: Remark = { destination: null, class: 'other-day', path, cause: 'taken on 20240301, by true time' };
  const side = [one, two, { path, size: 1 }, { path: '20240301/a.jpg', size: 1 }, { path: 'a.txt', size: 1 }];
  expect(held(side, [otherDay]).differences).toEqual([]);
  expect(held(side).differences).toEqual([{ class: 'added', path, cause: 'it was not certified' }]);
  expect(held([...side, { path: `raw/${DAY}/a.cr2`, size: 1 }], [otherDay]).differences).toMatchObject([
    { class: 'added', path: `raw/${DAY}/a.cr2` },
  ]);
});

test('a side is read by the days of its folders, or whole where an asset lies in none', () => {
  const early = leafOf({ path: '19700101/19700101000000.jpg', size: 1 });
  expect(foldersOf({ day: DAY }, leaves)).toEqual({ from: DAY, to: DAY });
  expect(foldersOf({ day: DAY }, [...leaves, early])).toEqual({ from: '19700101', to: DAY });
  expect(foldersOf({ day: DAY }, [leafOf({ path: 'a/b.jpg', size: 1 })])).toBeNull();
  expect(foldersOf({ day: DAY }, [])).toEqual({ from: DAY, to: DAY });
});
