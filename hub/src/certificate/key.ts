import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exists, linkNew, makeFolder, removeIfThere, replaceFile } from '@vigie/shared/kit/durable';
import { isSystemError, messageOf, VigieError } from '@vigie/shared/kit/errors';

/** The hub's key for certificates. It signs nothing else. */
export type SigningKey = {
  /** SubjectPublicKeyInfo (DER) in base64. */
  publicKey: string;
  /** An Ed25519 signature: 64 bytes in base64. */
  sign(text: string): string;
};

const PRIVATE = 'certificate-key.pem';
/** What may be given to everybody: `verify --key` takes it. */
export const PUBLIC_KEY_FILE = 'certificate-key.pub.pem';

/**
 * The key in the hub's data folder, made once: `certificate-key.pem` for its owner alone, `certificate-key.pub.pem` for everybody. A
 * private key that others may read, or that is none, is refused with `config`.
 */
export async function readOrMakeKey(dataFolder: string): Promise<SigningKey> {
  const file = join(dataFolder, PRIVATE);
  if (!(await exists(file))) await makeKey(dataFolder, file);
  const key = readKey(dataFolder);
  const pem = Buffer.from(pemOf(key.publicKey));
  const publicFile = join(dataFolder, PUBLIC_KEY_FILE);
  if (!pem.equals(readIfThere(publicFile))) await replaceFile(publicFile, pem, 0o644);
  return key;
}

/** The key that a hub has made in its data folder; `config` where none has. */
export function readKey(dataFolder: string): SigningKey {
  const file = join(dataFolder, PRIVATE);
  if (!existsSync(file)) {
    throw new VigieError('config', `read the key ${JSON.stringify(file)}: there is none`, {
      hint: 'Start the hub of this version once with this configuration: it makes its key.',
    });
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new VigieError('config', `read ${JSON.stringify(file)}: others than its owner may read it`, {
      hint: `chmod 600 ${file}; if somebody may have read it, remove it: a new key is made, and the old certificates keep the old one.`,
    });
  }
  const key = privateKey(file);
  return {
    publicKey: textOf(createPublicKey(key)),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

/** A name that is free gets the key whole; where two make one at once, the first one's counts. */
async function makeKey(dataFolder: string, file: string): Promise<void> {
  await makeFolder(dataFolder);
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const own = `${file}.${randomUUID()}`;
  try {
    await replaceFile(own, Buffer.from(pem), 0o600);
    await linkNew(own, file);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  } finally {
    await removeIfThere(own);
  }
}

function privateKey(file: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(file));
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it is a key of type ${key.asymmetricKeyType}, must be ed25519`);
  } catch (error) {
    throw new VigieError('config', `read the key ${JSON.stringify(file)}: ${messageOf(error)}`, { cause: error });
  }
}

function readIfThere(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return new Uint8Array();
    throw error;
  }
}

/** A public key file (PEM) as certificates hold it. Throws `key` on anything else. */
export function readPublicKey(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    // Node would derive the public key of a private one: who has that here gives the wrong file away.
    if (text.includes('PRIVATE KEY')) throw new Error('it is a private key; the public one is needed');
    const key = createPublicKey(text);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is of type ${key.asymmetricKeyType}, must be ed25519`);
    return textOf(key);
  } catch (error) {
    throw new VigieError('key', `read the public key ${JSON.stringify(file)}: ${messageOf(error)}`, { cause: error });
  }
}

/** A public key as a PEM file. */
export const pemOf = (publicKey: string): string =>
  createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
    .export({ type: 'spki', format: 'pem' })
    .toString();

const textOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('base64');

/** A public key in short, for people to compare: `SHA256:` and the digest of its DER in base64, as OpenSSH writes such things. */
export function fingerprintOf(publicKey: string): string {
  const digest = createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
