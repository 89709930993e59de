import { createSecretKey } from 'node:crypto';
import type { Client } from 'ssh2';

/**
 * Hands the connection's AES-GCM keys to Node as key objects. The library begins a cipher for each packet with a key of plain
 * bytes, and Node then finds out by throwing an error that these are no key object: more work than the encryption of 32 KiB.
 * It reaches into the library (ssh2 1.17); where the library looks otherwise, or after a change of keys, all is as it was before.
 */
export function prepareKeys(client: Client): void {
  const { _protocol: protocol } = client as unknown as {
    _protocol?: { _cipher?: { _encKey?: unknown }; _decipher?: { _decipherKey?: unknown } };
  };
  const { _cipher: cipher, _decipher: decipher } = protocol ?? {};
  if (cipher?.constructor.name === 'AESGCMCipherNative' && Buffer.isBuffer(cipher._encKey)) {
    cipher._encKey = createSecretKey(cipher._encKey);
  }
  if (decipher?.constructor.name === 'AESGCMDecipherNative' && Buffer.isBuffer(decipher._decipherKey)) {
    decipher._decipherKey = createSecretKey(decipher._decipherKey);
  }
}
