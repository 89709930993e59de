import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf } from '@vigie/shared/kit/errors';
import { openRemote } from '@vigie/shared/remote/open';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startSshd } from '../../scripts/sshd.ts';
import { type SftpDestination, sftpDestination, upload } from '../support/remote.ts';
import { tempFolder } from '../support/temp.ts';

const BYTES = 2_000_000;
const FOLDER = 'cam-1/garden';

/** A destination at a server whose account has a shell, or is for SFTP alone. */
async function destination(shell: boolean, changes: Partial<SftpDestination> = {}) {
  const sshd = await startSshd({ folder: await tempFolder(), shell });
  onTestFinished(() => sshd.stop());
  const root = await tempFolder();
  const remote = openRemote(sftpDestination(sshd, root, changes), FOLDER, { stallMs: 5_000 });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  const placeOf = (path: string) => join(root, FOLDER, path);
  const order = (path: string, size = BYTES) => upload(path, size, { proof: 'digest' });
  return { remote, placeOf, order };
}

describe('where the account has a shell', () => {
  test('the server digests what has arrived; what a shell could misread, and small files, are read back', async () => {
    const { remote, placeOf, order } = await destination(true);
    for (const [path, size, by] of [
      ['d/a.jpg', BYTES, 'server'],
      ['d/with blank & $HOME `id` "quotes".jpg', BYTES, 'server'],
      ['d/-n', BYTES, 'server'],
      ["d/it's.jpg", BYTES, 'read-back'],
      ['d/small.jpg', 50_000, 'read-back'],
    ] as const) {
      const upload = await order(path, size);
      const receipt = await remote.store(upload);
      expect({ path, ...receipt }).toMatchObject({ path, level: 'digest', sha256: upload.sha256, digestBy: by });
      expect(readFileSync(placeOf(path)).equals(upload.bytes)).toBe(true);
    }
  });

  test('what is there already is proved by it, and other bytes of the same size are found out', async () => {
    const { remote, placeOf, order } = await destination(true);
    const upload = await order('d/a.jpg');
    await remote.store(upload);
    expect(await remote.store(upload)).toMatchObject({ sent: false, digestBy: 'server' });
    const changed = Buffer.from(upload.bytes);
    changed[1_000_000] = (changed[1_000_000] as number) ^ 1;
    writeFileSync(placeOf('d/a.jpg'), changed);
    expect(await remote.store(upload).catch(codeOf)).toBe('conflict');
    expect(await remote.digest('d/a.jpg')).toEqual({
      size: BYTES,
      sha256: createHash('sha256').update(changed).digest('hex'),
    });
  });

  test('it can be switched off', async () => {
    const { remote, order } = await destination(true, { serverDigest: 'never' });
    expect(await remote.store(await order('d/a.jpg'))).toMatchObject({ level: 'digest', digestBy: 'read-back' });
  });
});

test('an account for SFTP alone is asked once, and everything is read back', async () => {
  const { remote, placeOf, order } = await destination(false);
  for (const path of ['d/a.jpg', 'd/b.jpg']) {
    const upload = await order(path);
    expect(await remote.store(upload)).toMatchObject({ level: 'digest', digestBy: 'read-back' });
    expect(readFileSync(placeOf(path)).equals(upload.bytes)).toBe(true);
  }
});

test('a directory reads its own bytes back', async () => {
  const root = await tempFolder();
  mkdirSync(dirname(join(root, FOLDER)), { recursive: true });
  const remote = openRemote({ name: 'disk', type: 'directory', root, folder: '{source}' }, FOLDER, { stallMs: 5_000 });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  expect(await remote.store(await upload('d/a.jpg', BYTES, { proof: 'digest' }))).toMatchObject({
    level: 'digest',
    digestBy: 'read-back',
  });
});
