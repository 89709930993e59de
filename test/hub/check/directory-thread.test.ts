import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Entry } from '@vigie/shared/protocol/asset';
import { expect, test } from 'vitest';
import { readInThread } from '../../../hub/src/check/directory-thread.ts';
import { readDirectory } from '../../../hub/src/check/read-directory.ts';
import { entriesTo } from '../../../hub/src/report/side-sink.ts';
import { tempFolder } from '../../support/temp.ts';

const FILES_A_DAY = 1500;

test('a large directory is told whole, though a thread reads most of it', async () => {
  const root = await tempFolder();
  const wanted = new Map<string, number | string>();
  for (const day of ['20260101', '20260102', '20260103', '20260104', 'é "x"']) {
    mkdirSync(`${root}/${day}/below/empty`, { recursive: true });
    for (let at = 0; at < FILES_A_DAY; at++) {
      writeFileSync(`${root}/${day}/${at}.jpg`, 'x'.repeat(at % 3));
      wanted.set(`${day}/${at}.jpg`, at % 3);
    }
    symlinkSync('nowhere', `${root}/${day}/below/link`);
    wanted.set(`${day}/below/link`, 'a symbolic link, not a regular file');
  }
  const found = new Map<string, number | string>();
  let folders = 0;
  await readDirectory(
    root,
    entriesTo(({ path, size, unreadable }) => void found.set(path, unreadable ?? size)),
    {
      ...{ digest: false, wanted: () => true, wantedFolder: () => true, signal: new AbortController().signal },
      onFolder() {
        folders += 1;
      },
    },
  );
  expect(found).toEqual(wanted);
  expect(folders).toBe(1 + 5 * 3);
});

const read = (root: string, folders: string[], signal: AbortSignal) => {
  const entries: Entry[] = [];
  return readInThread(
    root,
    folders,
    entriesTo((entry) => void entries.push(entry)),
    {
      onFolder: () => undefined,
      signal,
    },
  );
};

test('a folder that cannot be read ends it with the name of the folder', async () => {
  const root = await tempFolder();
  mkdirSync(`${root}/a`);
  rmSync(`${root}/a`, { recursive: true });
  await expect(read(root, ['a/'], new AbortController().signal)).rejects.toMatchObject({
    code: 'listing',
    message: expect.stringContaining('/a/'),
    hint: expect.any(String),
  });
});

test('it ends when it is given up', async () => {
  const root = await tempFolder();
  const reason = new Error('given up');
  await expect(read(root, [''], AbortSignal.abort(reason))).rejects.toBe(reason);
});
