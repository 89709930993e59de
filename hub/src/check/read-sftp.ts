import type { Entry } from '@vigie/shared/protocol/asset';
import { entriesOf, type ListedFolder } from '@vigie/shared/remote/remote-folder';
import type { SftpConfig } from '@vigie/shared/remote/ssh-login';
import { mayHold, reportFilter } from '../report/filter.ts';
import { readBackWhere } from '../report/read-back.ts';
import type { SideSink } from '../report/side-sink.ts';
import type { SideOptions } from './options.ts';
import type { Side } from './side.ts';

/** A listing that gets no answer for so long is given up. */
const STALL_MS = 60_000;

/**
 * Tells every entry below an SFTP folder. Days that the filter excludes are not listed. With `digest` each file that it lets through is hashed, by the
 * server where that can, else its bytes are read back.
 */
export async function readSftp(
  side: Extract<Side, { type: 'sftp' }>,
  options: SideOptions,
  sink: SideSink,
  onFolder: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { identityFile, passwordFile, knownHosts, filter } = options;
  const config: SftpConfig = {
    name: 'side',
    type: 'sftp',
    host: side.host,
    port: side.port,
    user: side.user,
    knownHosts,
    ...(identityFile === undefined ? {} : { identityFile }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    root: side.path,
    folder: '.',
    connections: 2,
    serverDigest: 'auto',
  };
  // Loaded where it is needed: a check of two directories does not wait for the SSH client.
  const { openSftp } = await import('@vigie/shared/remote/sftp');
  await using folder = openSftp(config, '.', { stallMs: STALL_MS });
  const passOver = (path: string) => !path.includes('/') && !mayHold(path, filter);
  if (options.digest) {
    const wanted = reportFilter(filter);
    const listed = entriesIn(folder.folders({ signal, passOver }), onFolder);
    for await (const entry of readBackWhere(listed, wanted, (path) => folder.digest(path, signal))) sink.entry(entry);
    return;
  }
  for await (const { path, files, odd } of folder.folders({ signal, passOver })) {
    const prefix = path === '' ? '' : `${path}/`;
    for (const { name, size, modifiedAt } of files) sink.file(prefix, name, size, modifiedAt);
    for (const entry of odd) sink.entry(entry);
    onFolder();
  }
}

async function* entriesIn(folders: AsyncIterable<ListedFolder>, onFolder: () => void): AsyncGenerator<Entry> {
  for await (const listed of folders) {
    yield* entriesOf(listed);
    onFolder();
  }
}
