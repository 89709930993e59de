import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import type { Upload } from '@vigie/shared/remote/remote-folder';
import { onTestFinished } from 'vitest';
import type { Sshd } from '../../scripts/sshd.ts';
import { tempFolder } from './temp.ts';

export type SftpDestination = Extract<DestinationConfig, { type: 'sftp' }>;

/** A destination at a test's server; `port` leads to it through a proxy, whose host key is then the server's. */
export function sftpDestination(sshd: Sshd, root: string, changes: Partial<SftpDestination> = {}): SftpDestination {
  const { host, port, user, identityFile } = sshd;
  const knownHosts = `${sshd.knownHosts}.any-port`;
  writeFileSync(knownHosts, `${host} ${hostKeyOf(sshd)}\n`);
  return {
    name: 'test',
    type: 'sftp',
    host,
    port,
    user,
    identityFile,
    knownHosts,
    root,
    folder: '{source}',
    connections: 2,
    ...changes,
  };
}

/** The type and the key, as a known_hosts line ends. */
export function hostKeyOf({ knownHosts }: Sshd): string {
  return (readFileSync(knownHosts, 'utf8').split('\n')[0] as string).split(' ').slice(1).join(' ');
}

/** A local file with random bytes, and the order to store it. */
export async function upload(
  path: string,
  size: number,
  changes: Partial<Upload> = {},
): Promise<Upload & { bytes: Buffer }> {
  const localPath = join(await tempFolder(), 'picture.jpg');
  const bytes = randomBytes(size);
  writeFileSync(localPath, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    localPath,
    path,
    size,
    sha256,
    modifiedAt: 1_700_000_000_000,
    replace: false,
    proof: 'size',
    bytes,
    ...changes,
  };
}

/** A file system of a few megabytes. It takes a privileged account to mount one. */
export async function smallDisk(megabytes: number): Promise<string> {
  const folder = join(await tempFolder(), 'disk');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    throw new Error(`mount a small disk for the test: run the tests as root, or in a container`, { cause: error });
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}
