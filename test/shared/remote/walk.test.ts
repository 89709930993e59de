import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@vigie/shared/kit/errors';
import { nameOf } from '@vigie/shared/kit/names';
import { walk } from '@vigie/shared/remote/walk';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

test('names that are not UTF-8 keep their bytes, in files and folders', async () => {
  const root = await tempFolder();
  const folder = Buffer.from([0x64, 0xfe]);
  const file = Buffer.from([0x61, 0xff, 0x2e, 0x6a]);
  mkdirSync(Buffer.concat([Buffer.from(`${root}/`), folder]));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), folder, Buffer.from('/'), file]), '123');
  writeFileSync(join(root, 'é\ufffd.jpg'), '1');
  const paths: string[] = [];
  for await (const { path, size, unreadable } of walk(root)) paths.push(`${path} ${size} ${unreadable ?? 'sound'}`);
  expect(paths.sort()).toEqual([`${nameOf(folder)}/${nameOf(file)} 3 sound`, 'é\ufffd.jpg 1 sound'].sort());
});

test('a link to a folder is not followed', async () => {
  const root = await tempFolder();
  mkdirSync(join(root, 'day'));
  writeFileSync(join(root, 'day/a.jpg'), 'a');
  symlinkSync('..', join(root, 'day/loop'));
  const all = await Array.fromAsync(walk(root));
  expect(all.map(({ path }) => path).sort()).toEqual(['day/a.jpg', 'day/loop']);
});

test('an absent directory is an error, and no empty one', async () => {
  const error = await Array.fromAsync(walk(join(await tempFolder(), 'none'))).catch((it: unknown) => it);
  expect(codeOf(error)).toBe('root-absent');
});
