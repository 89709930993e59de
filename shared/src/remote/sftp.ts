import { type Clock, systemClock } from '../kit/clock.ts';
import { VigieError } from '../kit/errors.ts';
import { isUtf8, printable } from '../kit/names.ts';
import { createConnectionPool } from './connection-pool.ts';
import { oneAtATime } from './exclusive.ts';
import type { Capabilities, RemoteFolder } from './remote-folder.ts';
import { checkPath, folderBelow, joined, tooLarge } from './remote-path.ts';
import { explain } from './sftp-errors.ts';
import { checkRoot, type Place } from './sftp-folders.ts';
import { listOverSftp, readFolder } from './sftp-listing.ts';
import { capabilitiesOf, storeFile } from './sftp-store.ts';
import { readBlocks } from './sftp-transfer.ts';
import { OPEN, verbsOn } from './sftp-verbs.ts';
import { connectSsh } from './ssh-connection.ts';
import type { SftpConfig } from './ssh-login.ts';

/**
 * A folder on an SFTP server; `folder` lies below the configuration's root (``, `.`: the root itself). Connections are made when
 * they are needed, at most `config.connections`, and kept; a lost one is made anew by the next call.
 */
export function openSftp(
  config: SftpConfig,
  folder: string,
  options: { stallMs: number; clock?: Clock },
): RemoteFolder {
  const { stallMs, clock = systemClock } = options;
  const place: Place = { root: config.root, folder: folderBelow(config.root, folder) };
  const pool = createConnectionPool(config.connections, (signal) => connectSsh(config, { stallMs, clock, signal }));
  /** A second store of one name waits, and finds the outcome of the first. */
  const exclusive = oneAtATime();

  async function shared(signal?: AbortSignal) {
    return verbsOn((await pool.shared(signal)).main, signal);
  }

  function check(path: string): void {
    checkPath(path);
    if (isUtf8(path)) return;
    throw new VigieError('path', `use path "${printable(path)}": it is not UTF-8, which this connection cannot carry`);
  }

  return {
    get capabilities(): Promise<Capabilities> {
      return shared().then(capabilitiesOf);
    },

    async store(upload, signal) {
      check(upload.path);
      const work = () => pool.exclusive(({ main }) => storeFile(verbsOn(main, signal), place, upload), signal);
      return await exclusive(upload.path, work, signal);
    },

    list(listOptions = {}) {
      for (const day of listOptions.days ?? []) if (day !== '') checkPath(day);
      return listOverSftp(async (signal) => (await pool.shared(signal)).open(), place, listOptions);
    },

    async days(signal) {
      const { channel } = await shared(signal);
      const { folders } = await readFolder(channel, place, { path: '', optional: true, deep: false }, signal);
      return folders.sort();
    },

    async read(path, limitBytes, signal) {
      check(path);
      const verbs = await shared(signal);
      try {
        const handle = await verbs.open(joined(place.folder, path), OPEN.read);
        try {
          const parts: Buffer[] = [];
          const { size } = await verbs.fstat(handle);
          if (size > limitBytes) throw tooLarge(path, size, limitBytes);
          for await (const block of readBlocks(verbs.channel, handle, limitBytes, signal))
            parts.push(Buffer.from(block));
          return Buffer.concat(parts);
        } finally {
          verbs.abandon(handle);
        }
      } catch (error) {
        throw explain(error, 'read', path);
      }
    },

    async probe(signal) {
      const verbs = await shared(signal);
      await checkRoot(verbs, place).catch((error: unknown) => {
        throw explain(error, 'reach root', config.root);
      });
      await readFolder(verbs.channel, place, { path: '', optional: true, deep: false }, signal);
    },

    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
