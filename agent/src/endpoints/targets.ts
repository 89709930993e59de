import { access, constants, stat } from 'node:fs/promises';
import { messageOf } from '@vigie/shared/kit/errors';
import { bytesOf } from '@vigie/shared/kit/names';
import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import type { OpenRemote } from '@vigie/shared/remote/open-remote';
import type { Target } from './delivery.ts';

/** How long an other side may be silent before a call to it fails. */
const STALL_MS = 30_000;

/** A configured destination. It is ready when its own files can be read; that nobody answers is no fault of the configuration. */
export function destinationTarget(config: DestinationConfig, openRemote: OpenRemote): Target {
  return {
    name: config.name,
    remote: openRemote(config, '', { stallMs: STALL_MS }),
    async fault() {
      if (config.type === 'directory') return folderFault(config.root);
      const files = [config.knownHosts, config.identityFile, config.passwordFile].filter((file) => file !== undefined);
      const faults = await Promise.all(files.map(fileFault));
      return faults.filter(Boolean).join('; ') || undefined;
    },
  };
}

/** A folder of this machine, which must exist: a disk that is not mounted is no empty folder. */
export function folderTarget(folder: string, openRemote: OpenRemote): Target {
  const config = { name: 'copy', type: 'directory', root: folder, folder: '.' } as const;
  return {
    name: folder,
    remote: openRemote(config, '', { stallMs: STALL_MS }),
    fault: () => folderFault(folder),
  };
}

export async function fileFault(file: string): Promise<string | undefined> {
  try {
    await access(bytesOf(file), constants.R_OK);
    return undefined;
  } catch (error) {
    return `file ${JSON.stringify(file)} cannot be read: ${messageOf(error)}`;
  }
}

async function folderFault(folder: string): Promise<string | undefined> {
  try {
    if (!(await stat(bytesOf(folder))).isDirectory()) return `${JSON.stringify(folder)} is no folder; one is needed`;
    await access(bytesOf(folder), constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `folder ${JSON.stringify(folder)} cannot be written: ${messageOf(error)}`;
  }
}
