import { type Clock, systemClock } from '../kit/clock.ts';
import { VigieError } from '../kit/errors.ts';
import { isUtf8, printable } from '../kit/names.ts';
import { createConnectionPool } from './connection-pool.ts';
import { oneAtATime } from './exclusive.ts';
import type { Capabilities, RemoteFolder } from './remote-folder.ts';
import { checkPath, folderBelow, joined, tooLarge } from './remote-path.ts';
import { createServerDigest } from './server-digest.ts';
import type { Channel } from './sftp-channel.ts';
import { explain } from './sftp-errors.ts';
import { checkRoot, type Place } from './sftp-folders.ts';
import { foldersOverSftp, listOverSftp, readFolder } from './sftp-listing.ts';
import { capabilitiesOf, storeFile } from './sftp-store.ts';
import { readBlocks } from './sftp-transfer.ts';
import { OPEN, verbsOn } from './sftp-verbs.ts';
import { connectSsh, type SshConnection } from './ssh-connection.ts';
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
  const pool = createConnectionPool(config.connections, clock, (signal) =>
    connectSsh(config, { stallMs, clock, signal }),
  );
  const byServer = config.serverDigest === 'auto' ? createServerDigest(stallMs) : undefined;
  const digestAt = (connection: SshConnection) => (path: string, size: number) =>
    byServer?.of(connection, path, size) ?? Promise.resolve(undefined);
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
      const store = (connection: SshConnection, channel: Channel) =>
        storeFile(verbsOn(channel, signal), { ...place, serverDigest: digestAt(connection) }, upload);
      const work = () => pool.exclusive(store, signal);
      return await exclusive(upload.path, work, signal);
    },

    list(listOptions = {}) {
      for (const day of listOptions.days ?? []) if (day !== '') checkPath(day);
      return listOverSftp(async (signal) => (await pool.shared(signal)).open(), place, listOptions);
    },

    folders(foldersOptions = {}) {
      return foldersOverSftp(async (signal) => (await pool.shared(signal)).open(), place, foldersOptions);
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

    async look(path, signal) {
      check(path);
      const verbs = await shared(signal);
      try {
        // A root that is not there is no empty one.
        const [stat] = await Promise.all([verbs.lstat(joined(place.folder, path)), checkRoot(verbs, place)]);
        return stat?.isFile() ? { size: stat.size } : undefined;
      } catch (error) {
        throw explain(error, 'look at', path);
      }
    },

    async digest(path, signal, pace) {
      check(path);
      const connection = await pool.shared(signal);
      const verbs = verbsOn(connection.main, signal);
      const name = joined(place.folder, path);
      try {
        const handle = await verbs.open(name, OPEN.read);
        try {
          const { size } = await verbs.fstat(handle);
          const sha256 = await digestAt(connection)(name, size);
          if (sha256 !== undefined && (await verbs.fstat(handle)).size === size) return { sha256, size };
          // One byte more than there should be: a file that grows meanwhile must not pass for what it was.
          return await verbs.digest(handle, size + 1, pace);
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
