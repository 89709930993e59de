import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@vigie/shared/kit/clock';
import { exists, linkNew, makeFolder, removeIfThere, replaceFile } from '@vigie/shared/kit/durable';
import { isSystemError, messageOf, VigieError } from '@vigie/shared/kit/errors';
import {
  authorityCertificate,
  certificateFingerprint,
  keyDigest,
  leafCertificate,
  requestedKey,
  revocationList,
  type Signer,
  signingKey,
} from './signing.ts';

/** The hub's own certificate authority: it says who is a device of this hub, and who is this hub. */
export type Authority = {
  /** Its certificate, as PEM. */
  readonly certificate: string;
  /** SHA-256 of that certificate (DER) in base64url: what a token carries. */
  readonly fingerprint: string;
  /** A new key, and a certificate for it under these names and IP addresses followed by the authority's, as PEM. */
  signServer(names: string[]): Promise<{ key: string; certificate: string; notAfter: number }>;
  /** Signs a device's request (DER in base64). Its subject is not looked at: the name is the hub's word. Throws `input`. */
  signDevice(device: string, request: string): Promise<DeviceCertificate>;
  /** The list of these serial numbers, as PEM; it counts for ten years or until there is a newer one. */
  revocations(revoked: { serial: string; at: number }[]): Promise<string>;
};
export type DeviceCertificate = {
  certificate: string;
  /** Hexadecimal, lower case. */
  serial: string;
  fingerprint: string;
  keyDigest: string;
  notAfter: number;
};

const DAY_MS = 86_400_000;
export const DEVICE_DAYS = 90;
const SERVER_DAYS = 397;
const AUTHORITY_DAYS = 25 * 365;
const LIST_DAYS = 3650;
/** Clocks of devices and servers differ: a certificate counts from a little before it was made. */
const LEEWAY_MS = 3_600_000;

/** Key and certificate in one file, so that there are both or neither. */
const FILE = 'authority.pem';
/** The certificate alone, which may be given to everybody. */
export const AUTHORITY_FILE = 'authority-certificate.pem';

/**
 * The authority in the hub's data folder, made once. Throws `config` where others than its owner may read its key, or where the file
 * holds none: a new one in its place would shut out every device, so that is a person's decision.
 */
export async function openAuthority(options: {
  dataFolder: string;
  clock: Clock;
  random: (bytes: number) => Uint8Array;
}): Promise<Authority> {
  const { dataFolder, clock, random } = options;
  const file = join(dataFolder, FILE);
  const term = (days: number) => ({
    serial: serialNumber(random),
    notBefore: clock.now() - LEEWAY_MS,
    notAfter: clock.now() + days * DAY_MS,
  });
  if (!(await exists(file))) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const name = `Vigie hub ${Buffer.from(random(4)).toString('hex')}`;
    const certificate = await authorityCertificate(privateKey, name, term(AUTHORITY_DAYS));
    await keepNew(dataFolder, file, `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${certificate}`);
  }
  const { key, certificate } = readAuthority(file);
  const pem = certificate.toString();
  await replaceFile(join(dataFolder, AUTHORITY_FILE), Buffer.from(pem), 0o644);
  const signer: Signer = { key: await signingKey(key), certificate };

  return {
    certificate: pem,
    fingerprint: certificateFingerprint(certificate.raw),
    async signServer(names) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const length = term(SERVER_DAYS);
      const leaf = { name: names[0] as string, publicKey: pair.publicKey, serverNames: names };
      return {
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        certificate: `${await leafCertificate(signer, leaf, length)}${pem}`,
        notAfter: length.notAfter,
      };
    },
    async signDevice(device, request) {
      const publicKey = await requestedKey(request);
      const length = term(DEVICE_DAYS);
      const made = await leafCertificate(signer, { name: device, publicKey }, length);
      return {
        certificate: made,
        serial: length.serial,
        fingerprint: certificateFingerprint(new X509Certificate(made).raw),
        keyDigest: keyDigest(publicKey),
        notAfter: length.notAfter,
      };
    },
    revocations: (revoked) =>
      revocationList(signer, revoked, {
        thisUpdate: clock.now() - LEEWAY_MS,
        nextUpdate: clock.now() + LIST_DAYS * DAY_MS,
      }),
  };
}

/** The name is taken once: where two hubs begin at once, the first one's authority counts. */
async function keepNew(folder: string, file: string, text: string): Promise<void> {
  await makeFolder(folder);
  const own = `${file}.new`;
  await replaceFile(own, Buffer.from(text), 0o600);
  try {
    await linkNew(own, file);
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  } finally {
    await removeIfThere(own);
  }
}

function readAuthority(file: string): { key: KeyObject; certificate: X509Certificate } {
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new VigieError('config', `read ${JSON.stringify(file)}: others than its owner may read it`, {
      hint: `chmod 600 ${file}; if somebody may have read it, anybody may be a device of this hub: remove it, and enrol every device again.`,
    });
  }
  try {
    const text = readFileSync(file, 'utf8');
    const [key, certificate] = [createPrivateKey(text), new X509Certificate(text)];
    if (keyDigest(createPublicKey(key)) !== keyDigest(certificate.publicKey)) {
      throw new Error('its key and its certificate do not belong together');
    }
    return { key, certificate };
  } catch (error) {
    throw new VigieError('config', `read the authority ${JSON.stringify(file)}: ${messageOf(error)}`, {
      cause: error,
      hint: 'Restore the file from a backup. Without it every device has to be enrolled again.',
    });
  }
}

/** 16 bytes, above zero and positive, as X.509 wants it. */
function serialNumber(random: (bytes: number) => Uint8Array): string {
  const bytes = Buffer.from(random(16));
  bytes[0] = ((bytes[0] as number) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
