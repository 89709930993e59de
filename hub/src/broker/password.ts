import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { VigieError } from '@vigie/shared/kit/errors';

/** Cost of a new hash: 16 MiB and some 50 ms. Source: OWASP's password storage recommendations for scrypt. */
const COST = { N: 16_384, r: 8, p: 1 };
const HASH_BYTES = 32;
/** Of a stored line, at most: a file must not be able to make the broker eat all memory. */
const MEMORY_BYTES_MAX = 128 * 1024 * 1024;
const AT_ONCE_MAX = 2;
const WAITING_MAX = 500;

const FORM = /^scrypt\$(\d{1,7})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9_-]{16,})\$([A-Za-z0-9_-]{43})$/;

let running = 0;
const waiting: (() => void)[] = [];

/** `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
export async function hashPassword(
  password: string,
  cost: { N: number; r: number; p: number } = COST,
): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return `scrypt$${cost.N}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Is this a hash that `verifyPassword` can check within its limits? */
export function isPasswordHash(text: string): boolean {
  const match = FORM.exec(text);
  if (!match) return false;
  const [N, r, p] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return N >= 2 && (N & (N - 1)) === 0 && r >= 1 && p >= 1 && p <= 16 && 128 * N * r <= MEMORY_BYTES_MAX;
}

/** Compares in constant time. Throws `broker-busy` (retryable) when too many checks wait already. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const match = FORM.exec(stored);
  if (!match || !isPasswordHash(stored)) return false;
  const [, N, r, p, salt, hash] = match as unknown as [string, string, string, string, string, string];
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return timingSafeEqual(derived, Buffer.from(hash, 'base64url'));
}

/** Few at a time: each takes memory and a thread that file access needs too. */
async function derive(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  if (running >= AT_ONCE_MAX) {
    if (waiting.length >= WAITING_MAX) {
      throw new VigieError('broker-busy', `check a password: ${WAITING_MAX} checks wait already`, { retryable: true });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running += 1;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      scrypt(password, salt, HASH_BYTES, { ...cost, maxmem: 2 * MEMORY_BYTES_MAX }, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}
