import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../support/temp.ts';

const FILES = join(import.meta.dirname, '../../hardware/image');

test.each(['initramfs/init', 'root/usr/lib/vigie/apply-settings', 'root/usr/lib/vigie/ssh-host-key'])(
  '%s is a script that sh can read',
  (path) => {
    expect(spawnSync('sh', ['-n', join(FILES, path)], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  },
);

test('settings come into their places with their rights, and folders that are there keep theirs', async () => {
  const folder = await tempFolder();
  const [boot, data, root] = ['boot', 'data', 'root'].map((name) => join(folder, name)) as [string, string, string];
  const set = join(data, 'settings/0123456789abcdef/root');
  await mkdir(join(set, 'etc/vigie/secrets'), { recursive: true });
  await writeFile(join(set, 'etc/hostname'), 'gate-north\n');
  await writeFile(join(set, 'etc/vigie/secrets/broker'), 'planted\n');
  await chmod(join(set, 'etc/hostname'), 0o644);
  await chmod(join(set, 'etc/vigie/secrets/broker'), 0o640);
  for (const path of ['', 'etc', 'etc/vigie']) await chmod(join(set, path), 0o700);
  await symlink('0123456789abcdef', join(data, 'settings/current'));
  await mkdir(boot);
  await mkdir(join(root, 'etc'), { recursive: true });
  await chmod(join(root, 'etc'), 0o755);
  await writeFile(join(root, 'etc/hostname'), 'of the image\n');

  const apply = join(FILES, 'root/usr/lib/vigie/apply-settings');
  const line = 'umask 077; exec "$@"';
  const ran = spawnSync('sh', ['-c', line, 'sh', apply, boot, data, root], { encoding: 'utf8' });
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  const mode = async (path: string) => (await stat(join(root, path))).mode & 0o777;
  expect(await readFile(join(root, 'etc/hostname'), 'utf8')).toBe('gate-north\n');
  expect(await mode('etc')).toBe(0o755);
  expect(await mode('etc/vigie')).toBe(0o755);
  expect(await mode('etc/vigie/secrets/broker')).toBe(0o640);
});
