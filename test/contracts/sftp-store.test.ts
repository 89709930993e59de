import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { STATUS } from '@vigie/shared/remote/sftp-errors';
import { storeFile } from '@vigie/shared/remote/sftp-store';
import { type Verbs, verbsOn } from '@vigie/shared/remote/sftp-verbs';
import { connectSsh } from '@vigie/shared/remote/ssh-connection';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Sshd } from '../../scripts/sshd.ts';
import { sftpDestination, sharedSshd, upload } from '../support/remote.ts';
import { tempFolder } from '../support/temp.ts';

let sshd: Sshd;
beforeAll(async () => {
  const shared = await sharedSshd();
  sshd = shared.sshd;
  return shared.stop;
});

test('a server that does not rename what is open, as Windows does not, gets it closed first', async () => {
  const root = await tempFolder();
  const connection = await connectSsh(sftpDestination(sshd, root), {
    stallMs: 10_000,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  onTestFinished(() => connection.drop(new VigieError('closed', 'the test is over')));
  const verbs = verbsOn(connection.main);
  const open = new Set<string>();
  const asked: string[] = [];
  const opening = async <T>(work: Promise<T>, handleOf: (answer: T) => Buffer | undefined) => {
    const answer = await work;
    const handle = handleOf(answer);
    if (handle) open.add(handle.toString('hex'));
    return answer;
  };
  const strict: Verbs = {
    ...verbs,
    open: (path, flags) => opening(verbs.open(path, flags), (handle) => handle),
    openNew: (path) => opening(verbs.openNew(path), (begun) => ('handle' in begun ? begun.handle : undefined)),
    close(handle) {
      open.delete(handle.toString('hex'));
      return verbs.close(handle);
    },
    abandon(handle) {
      open.delete(handle.toString('hex'));
      verbs.abandon(handle);
    },
    async rename(from, to) {
      asked.push(open.size > 0 ? 'while open' : 'closed');
      if (open.size > 0) throw Object.assign(new Error('Failure'), { code: STATUS.failure });
      await verbs.rename(from, to);
    },
  };
  const place = { root, folder: root, serverDigest: async () => undefined };
  const file = await upload('a.jpg', 100_000);
  expect(await storeFile(strict, place, file)).toMatchObject({ sent: true, size: file.size });
  expect(asked).toEqual(['while open', 'closed']);
  expect(readFileSync(join(root, 'a.jpg')).equals(file.bytes)).toBe(true);
  expect(open.size).toBe(0);

  const other = await upload('b.jpg', 100_000);
  writeFileSync(join(root, 'b.jpg'), 'other');
  asked.length = 0;
  await expect(storeFile(strict, place, { ...other, unsent: true })).rejects.toMatchObject({
    code: 'conflict',
  });
  expect(readFileSync(join(root, 'b.jpg'), 'utf8')).toBe('other');
});
