import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';
import type { Disk } from '../watched-folder/disk.ts';

/** File systems behind a network or another program, which may not answer for minutes. Source: statfs(2), linux/magic.h. */
const REMOTE = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x65735546, // FUSE
  0x01021997, // 9P
  0x00c36400, // Ceph
  0x5346414f, // AFS
]);

export const isRemoteType = (type: number): boolean => REMOTE.has(type >>> 0);

/** Does this folder, or what is there of its path, lie on such a file system? */
export async function isRemote(folder: string): Promise<boolean> {
  try {
    return isRemoteType((await statfs(bytesOf(folder))).type);
  } catch (error) {
    if (dirname(folder) === folder || !isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    return isRemote(dirname(folder));
  }
}

/**
 * The same disk, its entries looked at one by one in threads of their own: slower than all at once, but while the file system does not
 * answer, everything else in this process goes on.
 */
export function patient(disk: Disk): Disk {
  return {
    ...disk,
    async lookAll(folder, names) {
      const looks: Awaited<ReturnType<Disk['lookAll']>> = [];
      for (let at = 0; at < names.length; at += AT_ONCE) {
        const portion = names.slice(at, at + AT_ONCE);
        looks.push(...(await Promise.all(portion.map((name) => disk.look(`${folder}/${name}`)))));
      }
      return looks;
    },
  };
}

const AT_ONCE = 64;
