import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { VigieError } from '../kit/errors.ts';
import { type Entry, entrySchema } from './asset.ts';

/** One day folder in figures. `digest` is 64 hexadecimal digits: equal digests mean equal entries. */
export type Bucket = { day: string; count: number; bytes: number; digest: string };

export const bucketSchema = z.object({
  day: z.string().max(255),
  count: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The digest of no entries. */
export const EMPTY_DIGEST = '0'.repeat(64);

/**
 * What one entry contributes to its bucket's digest: SHA-256 of its path, size, digest and flag. A bucket's digest is the exclusive
 * or of its entries' (each path occurs once), so that adding or removing an entry costs the same at any size.
 */
export function entryDigest({ path, size, sha256, unreadable, purgedAt }: Entry): string {
  const flag = unreadable !== undefined ? 'unreadable' : purgedAt !== undefined ? 'purged' : '';
  return createHash('sha256')
    .update(`${path}\0${size}\0${sha256 ?? ''}\0${flag}`)
    .digest('hex');
}

/** The exclusive or of two digests. It adds an entry to a bucket, and removes it again. */
export function combine(left: string, right: string): string {
  const a = BigInt(`0x${left}`);
  const b = BigInt(`0x${right}`);
  return (a ^ b).toString(16).padStart(64, '0');
}

/** The bucket after an entry has come (`sign` 1) or gone (`sign` −1). */
export function adjust(bucket: Bucket, entry: Entry, sign: 1 | -1): Bucket {
  return {
    day: bucket.day,
    count: bucket.count + sign,
    bytes: bucket.bytes + sign * entry.size,
    digest: combine(bucket.digest, entryDigest(entry)),
  };
}

/** Limits of what travels: bytes on the wire, and bytes after inflation. */
export const CHUNK_BYTES_MAX = 96 * 1024;
export const INFLATED_BYTES_MAX = 4 * 1024 * 1024;
/** Entries packed into one chunk; 96 KiB hold about 12,000 gzipped ones, and names that do not compress stay below. */
export const CHUNK_ENTRIES_MAX = 1000;

const inflate = promisify(gunzip);

/** A list in the compact form that travels: gzip of JSON, base64. */
export function pack(list: unknown): string {
  return gzipSync(JSON.stringify(list)).toString('base64');
}

/** The inverse of `pack`, within the limits; throws `payload` on anything else than what the schema allows. */
export async function unpack<T>(text: string, schema: z.ZodType<T>): Promise<T> {
  try {
    const bytes = await inflate(Buffer.from(text, 'base64'), { maxOutputLength: INFLATED_BYTES_MAX });
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw new VigieError('payload', 'unpack a list: it is damaged, too large or not of its form', { cause: error });
  }
}

export const entryListSchema = z.array(entrySchema).max(CHUNK_ENTRIES_MAX);
