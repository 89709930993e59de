import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import type { Upload } from '@vigie/shared/remote/remote-folder';
import { type Sshd, startSshd } from '../../scripts/sshd.ts';
import { tempFolder } from './temp.ts';

export type SftpDestination = Extract<DestinationConfig, { type: 'sftp' }>;

/** A server for all tests of a file: to be started in `beforeAll`, which gives `stop` back. */
export async function sharedSshd(): Promise<{ sshd: Sshd; folder: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-test-sshd-'));
  const sshd = await startSshd({ folder });
  return {
    sshd,
    folder,
    async stop() {
      await sshd.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The destination `archive` at a test's server, as a program's configuration says it. */
export function archiveAt({ host, port, user, identityFile, knownHosts }: Sshd, root: string) {
  return { name: 'archive', type: 'sftp', host, port, user, identityFile, knownHosts, root };
}

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
    serverDigest: 'auto',
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
