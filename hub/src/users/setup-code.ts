import { createHash, timingSafeEqual } from 'node:crypto';

/** Letters and digits that are not mistaken for one another. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTVWXYZ0123456789';

/** A one-time code of 80 bits, `XXXX-XXXX-XXXX-XXXX`. */
export function newSetupCode(random: (bytes: number) => Uint8Array): string {
  const letters = Array.from(random(16), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return (letters.match(/.{4}/g) as string[]).join('-');
}

/** Is this the code? Case, spaces and dashes do not matter. The time it takes does not tell how much of it is right. */
export function isSetupCode(code: string, given: string): boolean {
  return timingSafeEqual(fingerprint(code), fingerprint(given));
}

const fingerprint = (code: string): Buffer =>
  createHash('sha256').update(code.toUpperCase().replace(/[\s-]/g, '')).digest();
