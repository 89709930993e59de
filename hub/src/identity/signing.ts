import 'reflect-metadata';
import { createHash, createPublicKey, type KeyObject, webcrypto, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
  X509CrlReason,
} from '@peculiar/x509';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';

/** What certificates are made of, over @peculiar/x509. Keys are ECDSA on P-256, digests SHA-256, times ms since 1970. */
const KEY = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
type CryptoKey = webcrypto.CryptoKey;
const crypto = webcrypto;

/** Who signs: the private key, and the certificate of it. */
export type Signer = { key: CryptoKey; certificate: X509Certificate };
export type Term = { serial: string; notBefore: number; notAfter: number };

export const signingKey = (key: KeyObject): Promise<CryptoKey> =>
  crypto.subtle.importKey('pkcs8', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })), KEY, false, ['sign']);

const publicKey = (key: KeyObject): Promise<CryptoKey> =>
  crypto.subtle.importKey('spki', new Uint8Array(key.export({ type: 'spki', format: 'der' })), KEY, true, ['verify']);

const dates = ({ serial, notBefore, notAfter }: Term) => ({
  serialNumber: serial,
  notBefore: new Date(notBefore),
  notAfter: new Date(notAfter),
  signingAlgorithm: SIGNATURE,
});

/** The authority's own certificate, signed by itself. Below it there are no further authorities. */
export async function authorityCertificate(privateKey: KeyObject, name: string, term: Term): Promise<string> {
  const keys = { privateKey: await signingKey(privateKey), publicKey: await publicKey(createPublicKey(privateKey)) };
  const made = await X509CertificateGenerator.createSelfSigned(
    {
      ...dates(term),
      name: [{ CN: [name] }],
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  return `${made.toString('pem')}\n`;
}

/** A certificate of somebody's public key, for one use: as a server under these names, or as a client. */
export async function leafCertificate(
  { key, certificate }: Signer,
  leaf: { name: string; publicKey: KeyObject; serverNames?: string[] },
  term: Term,
): Promise<string> {
  const { serverNames } = leaf;
  const use = serverNames ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
  const made = await X509CertificateGenerator.create(
    {
      ...dates(term),
      subject: [{ CN: [leaf.name] }],
      issuer: certificate.subject,
      publicKey: await publicKey(leaf.publicKey),
      signingKey: key,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([use]),
        ...(serverNames
          ? [
              new SubjectAlternativeNameExtension(
                serverNames.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
              ),
            ]
          : []),
        await AuthorityKeyIdentifierExtension.create(await publicKey(certificate.publicKey), false, crypto),
      ],
    },
    crypto,
  );
  return `${made.toString('pem')}\n`;
}

/** The list of certificates that count no more, as PEM. */
export async function revocationList(
  { key, certificate }: Signer,
  revoked: { serial: string; at: number }[],
  { thisUpdate, nextUpdate }: { thisUpdate: number; nextUpdate: number },
): Promise<string> {
  const made = await X509CrlGenerator.create(
    {
      issuer: certificate.subject,
      thisUpdate: new Date(thisUpdate),
      nextUpdate: new Date(nextUpdate),
      signingAlgorithm: SIGNATURE,
      signingKey: key,
      entries: revoked.map(({ serial, at }) => ({
        serialNumber: serial,
        revocationDate: new Date(at),
        reason: X509CrlReason.cessationOfOperation,
      })),
    },
    crypto,
  );
  // OpenSSL and Mosquitto take a list under the name that it has there alone.
  return `${made.toString('pem').replaceAll(' CRL-----', ' X509 CRL-----')}\n`;
}

/** The public key of a certificate request (DER in base64), once its signature shows who holds the private one. Throws `input`. */
export async function requestedKey(request: string): Promise<KeyObject> {
  try {
    const parsed = new Pkcs10CertificateRequest(new Uint8Array(Buffer.from(request, 'base64')));
    const key = createPublicKey({ key: Buffer.from(parsed.publicKey.rawData), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new Error('its key must be one on the curve P-256');
    }
    if (!(await parsed.verify(crypto))) throw new Error('its signature is not one of its own key');
    return key;
  } catch (error) {
    throw new VigieError('input', `read the certificate request: ${messageOf(error)}`, { cause: error });
  }
}

/** By what a key is known: SHA-256 of its SubjectPublicKeyInfo in hex. */
export const keyDigest = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');

/** By what a certificate is known: SHA-256 of its DER in base64url. */
export const certificateFingerprint = (der: Uint8Array): string => createHash('sha256').update(der).digest('base64url');
