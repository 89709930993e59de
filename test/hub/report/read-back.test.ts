import { readBack } from '@vigie/hub/report/read-back';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Entry } from '@vigie/shared/protocol/asset';
import { expect, test } from 'vitest';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

async function* listed(...entries: Entry[]) {
  yield* entries;
}
const held = new Map<string, Entry>(
  ['a', 'b', 'c', 'd', 'e', 'f'].map((path) => [path, { path, size: 10, sha256: A }]),
);
const all = async (entries: AsyncIterable<Entry>) => (await Array.fromAsync(entries)).map((e) => ({ ...e }));

test('every file of the right size is read back, in the order of the list; what differs already is not', async () => {
  const read: string[] = [];
  const digest = async (path: string) => {
    read.push(path);
    return { size: 10, sha256: path === 'b' ? B : A };
  };
  const entries = listed(
    { path: 'a', size: 10 },
    { path: 'b', size: 10 },
    { path: 'c', size: 9 },
    { path: 'd', size: 10, unreadable: 'a symbolic link' },
    { path: 'e', size: 10 },
    { path: 'f', size: 10 },
    { path: 'not held', size: 10 },
  );
  expect(await all(readBack(entries, (path) => held.get(path), digest))).toEqual([
    { path: 'a', size: 10, sha256: A },
    { path: 'b', size: 10, sha256: B },
    { path: 'c', size: 9 },
    { path: 'd', size: 10, unreadable: 'a symbolic link' },
    { path: 'e', size: 10, sha256: A },
    { path: 'f', size: 10, sha256: A },
    { path: 'not held', size: 10 },
  ]);
  expect(read).toEqual(['a', 'b', 'e', 'f']);
});

test('one file that cannot be read is unreadable, one that has gone is not there, and one that grew has its new size', async () => {
  const digest = async (path: string) => {
    if (path === 'a') throw new VigieError('permission', 'read "a": refused');
    if (path === 'b') throw new VigieError('not-found', 'read "b": there is none');
    return { size: 11, sha256: B };
  };
  const entries = listed({ path: 'a', size: 10 }, { path: 'b', size: 10 }, { path: 'c', size: 10 });
  expect(await all(readBack(entries, (path) => held.get(path), digest))).toEqual([
    { path: 'a', size: 10, unreadable: 'read "a": refused' },
    { path: 'c', size: 11, sha256: B },
  ]);
});

test('a connection that breaks fails the side: nothing is said of half of it', async () => {
  const digest = async (path: string) => {
    if (path === 'b') throw new VigieError('connection-lost', 'use the connection: it is gone');
    return { size: 10, sha256: A };
  };
  const entries = listed(...['a', 'b', 'c', 'd', 'e', 'f'].map((path) => ({ path, size: 10 })));
  await expect(all(readBack(entries, (path) => held.get(path), digest))).rejects.toThrow('it is gone');
});
