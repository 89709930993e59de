import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, replaceFile, syncFolder } from '@vigie/shared/kit/durable';
import { isSystemError } from '@vigie/shared/kit/errors';
import type { DeviceFile } from './device-files.ts';

/**
 * The device's settings on its data partition. A set of files gets a folder of its own, and one link says which set holds: after a power
 * cut the device has the set before or the new one, never a part of each.
 *
 *     settings/SET/root/…        files, by their paths on the device
 *     settings/SET/secrets.json  what `vigie.yaml` does not show any more, for root alone
 *     settings/current → SET
 *     settings/seen              SHA-256 of the `vigie.yaml` that was looked at last
 *     enrolment/token            until the device is enrolled
 */
export type SettingsStore = {
  /** Secrets of the set that holds, by their path in `vigie.yaml`. */
  secrets(): Promise<Record<string, string>>;
  /** Makes this set hold, durably. What was there before stays until `forgetOthers`. */
  put(files: DeviceFile[], secrets: Record<string, string>): Promise<void>;
  putToken(token: string): Promise<void>;
  noteSeen(bytes: Uint8Array): Promise<void>;
  seen(): Promise<string | undefined>;
  forgetOthers(): Promise<void>;
};

export function openSettingsStore(data: string): SettingsStore {
  const folder = join(data, 'settings');
  const current = join(folder, 'current');
  return {
    async secrets() {
      const text = await unlessAbsent(readFile(join(current, 'secrets.json'), 'utf8'));
      return text === undefined ? {} : (JSON.parse(text) as Record<string, string>);
    },
    async put(files, secrets) {
      const set = digest(JSON.stringify([files, secrets])).slice(0, 16);
      await makeFolder(folder);
      if ((await unlessAbsent(readlink(current))) === set) return;
      const part = join(folder, `${set}.part`);
      await rm(part, { recursive: true, force: true });
      await mkdir(part, { mode: 0o700 });
      for (const { path, text, mode } of files) {
        await makeFolder(dirname(join(part, 'root', path)));
        await replaceFile(join(part, 'root', path), Buffer.from(text), mode);
      }
      await replaceFile(join(part, 'secrets.json'), Buffer.from(JSON.stringify(secrets)), 0o600);
      await rm(join(folder, set), { recursive: true, force: true });
      await rename(part, join(folder, set));
      await rm(`${current}.part`, { force: true });
      await symlink(set, `${current}.part`);
      await syncFolder(folder);
      await rename(`${current}.part`, current);
      await syncFolder(folder);
    },
    async putToken(token) {
      const place = join(data, 'enrolment');
      await makeFolder(place);
      await replaceFile(join(place, 'token'), Buffer.from(`${token}\n`), 0o600);
    },
    async noteSeen(bytes) {
      await makeFolder(folder);
      await replaceFile(join(folder, 'seen'), Buffer.from(`${digest(bytes)}\n`));
    },
    async seen() {
      return (await unlessAbsent(readFile(join(folder, 'seen'), 'utf8')))?.trim();
    },
    async forgetOthers() {
      const holds = await unlessAbsent(readlink(current));
      for (const name of (await unlessAbsent(readdir(folder))) ?? []) {
        if (/^[0-9a-f]{16}(\.part)?$/.test(name) && name !== holds) {
          await rm(join(folder, name), { recursive: true, force: true });
        }
      }
    },
  };
}

export const digest = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

async function unlessAbsent<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
