import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';

/** The secret that signs session cookies: the file `secret` in the hub's data folder, made once, for its owner alone. */
export async function readOrMakeSecret(dataFolder: string): Promise<string> {
  const file = join(dataFolder, 'secret');
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret.length >= 32) return secret;
    throw new VigieError('config', `read ${JSON.stringify(file)}: it is shorter than 32 characters`, {
      hint: 'Remove the file: a new one is made, and everybody has to sign in again.',
    });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const secret = randomBytes(32).toString('base64url');
  await replaceFile(file, Buffer.from(`${secret}\n`), 0o600);
  return secret;
}
