import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from '@vigie/shared/kit/errors';
import { TRANSFERS_PER_CONNECTION } from '@vigie/shared/remote/connection-pool';
import { openSftp } from '@vigie/shared/remote/sftp';
import { expect, test } from 'vitest';
import { startSshd } from '../../scripts/sshd.ts';
import { sftpDestination, upload } from '../support/remote.ts';
import { tempFolder } from '../support/temp.ts';

test('a connection carries several transfers, each on a channel of its own: as many as the server allows', async () => {
  const folder = await tempFolder();
  await using own = await startSshd({ folder });
  const config = readFileSync(join(folder, 'sshd_config'), 'utf8');
  for (const [allowed, channels] of [
    ['100', TRANSFERS_PER_CONNECTION],
    ['1', 1],
  ] as const) {
    await own.stop();
    writeFileSync(join(folder, 'sshd_config'), config.replace('MaxSessions 100', `MaxSessions ${allowed}`));
    await own.start();
    const root = await tempFolder();
    await using remote = openSftp(sftpDestination(own, root, { connections: 1 }), '.', { stallMs: 10_000 });
    const files = await Promise.all(Array.from({ length: 30 }, (_, n) => upload(`d/${n}.jpg`, 30_000)));
    let most = 0;
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        most = Math.max(most, channelsOf(own.pid));
        await sleep(5);
      }
    })();
    await Promise.all(files.map((file) => remote.store(file)));
    watching.abort();
    await watch;
    for (const { path, bytes } of files) expect(readFileSync(join(root, path)).equals(bytes), path).toBe(true);
    expect(most).toBe(channels);
  }
});

/** SFTP processes of all logins at a server: one a channel. */
function channelsOf(pid: number): number {
  const below = (parent: string) =>
    readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').split(' ').filter(Boolean);
  const all: string[] = [];
  for (const open = [String(pid)]; open.length > 0; ) {
    try {
      const found = below(open.pop() as string);
      open.push(...found);
      all.push(...found);
    } catch (error) {
      if (!isSystemError(error, 'ENOENT', 'ESRCH')) throw error;
    }
  }
  return all.filter((one) => /internal-sftp/.test(commandOf(one))).length;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ESRCH')) return '';
    throw error;
  }
}
