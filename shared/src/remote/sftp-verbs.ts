import { createHash } from 'node:crypto';
import type { SFTPWrapper, Stats } from 'ssh2';
import type { Pace } from './remote-folder.ts';
import type { Channel, Done } from './sftp-channel.ts';
import { STATUS, statusOf } from './sftp-errors.ts';
import { readBlocks } from './sftp-transfer.ts';

/** Flags of `open`. Source: draft-ietf-secsh-filexfer-02, section 6.3. */
export const OPEN = { read: 1, write: 2, create: 8, truncate: 16, exclusive: 32 } as const;

/** The single requests of SFTP on one channel. Errors are the channel's. */
export type Verbs = ReturnType<typeof verbsOn>;

export function verbsOn(channel: Channel, signal?: AbortSignal) {
  const call = <T = void>(send: (sftp: SFTPWrapper, done: Done<T>) => void) => channel.call<T>(send, signal);
  /** An answer, or undefined where the server has nothing under that name. */
  async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (statusOf(error) === STATUS.absent) return undefined;
      throw error;
    }
  }

  return {
    channel,
    signal,
    has: channel.has,
    lstat: (path: string) => unlessAbsent(call<Stats>((sftp, done) => sftp.lstat(path, done))),
    stat: (path: string) => unlessAbsent(call<Stats>((sftp, done) => sftp.stat(path, done))),
    fstat: (handle: Buffer) => call<Stats>((sftp, done) => sftp.fstat(handle, done)),
    open: (path: string, flags: number) => call<Buffer>((sftp, done) => sftp.open(path, flags as never, done)),
    /** Makes a file that was not there, and opens it to write and read; the server's answer where it refuses that. */
    async openNew(path: string): Promise<{ handle: Buffer } | { refused: number }> {
      const flags = OPEN.read | OPEN.write | OPEN.create | OPEN.exclusive;
      try {
        return { handle: await call<Buffer>((sftp, done) => sftp.open(path, flags as never, done)) };
      } catch (error) {
        const refused = statusOf(error);
        if (refused === undefined) throw error;
        return { refused };
      }
    },
    openFolder: (path: string) => call<Buffer>((sftp, done) => sftp.opendir(path, done)),
    close: (handle: Buffer) => call((sftp, done) => sftp.close(handle, done)),
    /** Closes what is of no use any more; whether that goes well changes nothing. */
    abandon(handle: Buffer): void {
      channel.post(
        (sftp, done) => sftp.close(handle, done),
        () => undefined,
      );
    },
    /** Flushes to disk, where the server can be asked to. */
    async fsync(handle: Buffer): Promise<void> {
      if (channel.has('fsync@openssh.com')) await call((sftp, done) => sftp.ext_openssh_fsync(handle, done));
    },
    /** Sets the time of change as far as the server lets us: it is a courtesy, and no part of any proof. */
    async setModified(handle: Buffer, modifiedAt: number): Promise<void> {
      const seconds = Math.floor(modifiedAt / 1000);
      if (!(seconds >= 0 && seconds < 2 ** 32)) return;
      try {
        await call((sftp, done) => sftp.futimes(handle, seconds, seconds, done));
      } catch (error) {
        if (statusOf(error) === undefined) throw error;
      }
    },
    /** Takes a name away; false where the server refuses that or has no such name. */
    async remove(path: string): Promise<boolean> {
      try {
        await call((sftp, done) => sftp.unlink(path, done));
        return true;
      } catch (error) {
        if (statusOf(error) === undefined) throw error;
        return false;
      }
    },
    makeFolder: (path: string) => call((sftp, done) => sftp.mkdir(path, done)),
    /** Fails where the new name is taken: OpenSSH makes it by a hard link. */
    rename: (from: string, to: string) => call((sftp, done) => sftp.rename(from, to, done)),
    /** Takes the place of what has the new name, in one step. */
    replace: (from: string, to: string) => call((sftp, done) => sftp.ext_openssh_rename(from, to, done)),
    /** Bytes and files that still fit, or undefined where the server does not tell. */
    async free(path: string): Promise<{ bytes: number; files: number } | undefined> {
      if (!channel.has('statvfs@openssh.com')) return undefined;
      type Statvfs = { f_frsize: number; f_bavail: number; f_favail: number; f_files: number };
      const fs = await unlessAbsent(call<Statvfs>((sftp, done) => sftp.ext_openssh_statvfs(path, done)));
      if (!fs) return undefined;
      // File systems without a fixed number of files report 0 of 0.
      const files = Number(fs.f_files) === 0 ? Number.POSITIVE_INFINITY : Number(fs.f_favail);
      return { bytes: Number(fs.f_frsize) * Number(fs.f_bavail), files };
    },
    /** SHA-256 of an open file, and its size as far as `limit`. */
    async digest(handle: Buffer, limit: number, pace?: Pace): Promise<{ sha256: string; size: number }> {
      const hash = createHash('sha256');
      let size = 0;
      for await (const block of readBlocks(channel, handle, limit, signal, pace)) {
        hash.update(block);
        size += block.length;
      }
      return { sha256: hash.digest('hex'), size };
    },
  };
}
