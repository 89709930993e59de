import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, removeIfThere, replaceFile, syncFolder } from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import type { Door } from '../identity/door.ts';
import { accountOf, checkDeviceName } from './account.ts';
import type { Requests } from './requests.ts';

/**
 * The SFTP landing server as a way in. Who may sign in is the hub's own to say: sshd reads a device's key from a file of the hub at each
 * attempt. Accounts and the end of live sessions are root's, by a request.
 */
export function createLandingDoor(options: { keysFolder: string; requests: Requests }): Door {
  const { keysFolder, requests } = options;
  const keyFile = (device: string) => join(keysFolder, accountOf(device));

  return {
    name: 'landing',
    async admit({ device, sshPublicKey }) {
      checkDeviceName(device);
      const line = `restrict ${keyOf(device, sshPublicKey)}\n`;
      const before = await textOf(keyFile(device));
      await requests.ask(`account.${accountOf(device)}`);
      await replaceFile(keyFile(device), Buffer.from(line), 0o600);
      if (before !== undefined && before !== line) await requests.ask(`end.${accountOf(device)}`);
    },
    async shut(device) {
      await removeIfThere(keyFile(device));
      await syncFolder(keysFolder);
      await requests.ask(`end.${accountOf(device)}`);
    },
    async isShut(device) {
      return !(await exists(keyFile(device))) && !(await requests.pending(`end.${accountOf(device)}`));
    },
  };
}

/** Type and key, and nothing else: what stands before or behind them would speak to sshd. */
function keyOf(device: string, line: string): string {
  const [type = '', key = '', ...rest] = line.trim().split(' ');
  const fits = /^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa)$/.test(type) && /^[A-Za-z0-9+/]+=*$/.test(key);
  if (fits && !/[\n\r]/.test(rest.join(' '))) return `${type} ${key}`;
  throw new VigieError(
    'input',
    `admit "${device}" with the key ${JSON.stringify(line.slice(0, 80))}: it is no public key of OpenSSH`,
    {
      hint: 'One line is allowed: a type such as ssh-ed25519, and the key in base64.',
    },
  );
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
