import { lineOf } from './certificate.ts';
import type { Draft } from './claims.ts';
import type { SigningKey } from './key.ts';

/** The file of a certificate: the draft's lines, and the signature of the first one. */
export function sealed({ header, leaves, remarks }: Draft, key: SigningKey): Buffer {
  const first = lineOf(header);
  const last = lineOf({ vigie: 'signature', signature: key.sign(first) });
  return Buffer.from([first, ...leaves, ...remarks, last].map((line) => `${line}\n`).join(''));
}
