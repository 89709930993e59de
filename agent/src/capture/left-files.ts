import { lstat, mkdir, readdir, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { extensionOf } from '@vigie/hardware/camera/file-format';
import { codeOf, isSystemError, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { stampedAt } from '@vigie/shared/kit/zone';

/**
 * Hands over the files that captures have left in their folders, `workFolder/ID`, named by the time
 * that their names there begin with, else by that of their last change.
 * Such a file may be torn: its processing finds that out. A file with a second name is in input already, and only this
 * name goes; an empty one holds no picture. What cannot be handed over stays, and holds up nothing else. Returns the ids of
 * the captures whose pictures are in input.
 */
export async function handOverLeft(options: {
  workFolder: string;
  /** Is this capture under way? */
  isActive: (id: number) => boolean;
  /** IANA zone in which names tell time. */
  zone: string;
  /** Brings a file of a capture into input, named by a time; returns the name. */
  bringIn: (file: { id: number; path: string; at: number; extension: string }) => Promise<string>;
  log: Log;
}): Promise<Set<number>> {
  const { workFolder, isActive, zone, bringIn, log } = options;
  const handedOver = new Set<number>();

  async function handOver(folder: string, id: number): Promise<void> {
    for (const name of await namesIn(folder)) {
      const file = join(folder, name);
      const stat = await lstat(file);
      if (!stat.isFile() || stat.size === 0) continue;
      if (stat.nlink === 1) {
        const at = stampedAt(name, zone) ?? stat.mtimeMs;
        const taken = await bringIn({ id, path: file, at, extension: await extensionOf(file) });
        log.warn({ capture: id, name: taken }, 'a picture that an earlier capture had left was handed over');
      }
      handedOver.add(id);
    }
    await clearFolder(folder);
  }

  for (const entry of await namesIn(workFolder)) {
    const id = Number(entry);
    if (!Number.isInteger(id) || isActive(id)) continue;
    try {
      await handOver(join(workFolder, entry), id);
    } catch (error) {
      log.warn({ capture: id, code: codeOf(error) }, `left captures stay where they are: ${messageOf(error)}`);
    }
  }
  return handedOver;
}

/** Takes a capture's folder away with what is in it. Names go, bytes that have another name stay. */
export async function clearFolder(folder: string): Promise<void> {
  if (await removeEmpty(folder)) return;
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if ((await lstat(path)).isDirectory()) await rm(path, { recursive: true });
    else await unlink(path);
  }
  await rmdir(folder).catch(unlessAbsent);
}

/** Makes a capture's folder, empty. What lay in one of that name goes. */
export async function freshFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) await clearFolder(folder);
    else if (!isSystemError(error, 'ENOENT')) throw error;
    await mkdir(folder, { recursive: true });
  }
}

/** Mostly a folder is empty: one call is enough then. */
async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return true;
    if (isSystemError(error, 'ENOTEMPTY') || isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch((error) => unlessAbsent(error) ?? []);

function unlessAbsent(error: unknown): undefined {
  if (!isSystemError(error, 'ENOENT')) throw error;
}
