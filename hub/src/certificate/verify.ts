import { createPublicKey, verify } from 'node:crypto';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { z } from 'zod';
import { parseCanonical } from './canonical.ts';
import {
  comparePaths,
  compareRemarks,
  type Header,
  header,
  type Leaf,
  leaf,
  type Remark,
  remark,
  seal,
} from './certificate.ts';
import { fingerprintOf } from './key.ts';
import { type Line, linesOf } from './lines.ts';
import { createMerkle } from './merkle.ts';

/** What became of a check. Without faults every byte of the file is as the holder of the key has signed it. */
export type Verified = {
  /** In words, the first ones; empty when the certificate is sound. */
  faults: string[];
  /** What the first line says, if it is a header at all; believed only without faults. */
  header: Header | undefined;
  leaves: Leaf[];
  remarks: Remark[];
};

const FAULTS_MAX = 20;
const LINE_BYTES_MAX = 64 * 1024;
/** Leaves and remarks of one certificate: a picture each 50 ms, all day. */
const LINES_MAX = 2_000_000;

/**
 * Checks a certificate from its bytes alone: every line is in the one form that it can have, leaves and remarks are in order and without
 * duplicates and come to the header's counts, bytes and roots, and the header is signed by its key. With `trustedKey` (as
 * `readPublicKey` gives it) that key must be this one.
 *
 * Throws `version` for a certificate of a later version, and what reading the bytes throws.
 */
export async function verifyCertificate(bytes: AsyncIterable<Uint8Array>, trustedKey?: string): Promise<Verified> {
  const result: Verified = { faults: [], header: undefined, leaves: [], remarks: [] };
  const fault = (text: string) => {
    if (result.faults.length < FAULTS_MAX) result.faults.push(text);
  };
  const leafTree = createMerkle();
  const remarkTree = createMerkle();
  let first: string | undefined;
  let signature: string | undefined;
  let at = 0;

  const take = ({ text, isEnded }: Line): void => {
    at += 1;
    if (!isEnded) fault(`line ${at}: the file ends without a newline: it was cut short`);
    if (at === 1) {
      first = text;
      result.header = headerOf(text, fault);
      return;
    }
    if (signature !== undefined) fault(`line ${at}: something follows the signature`);
    const value = parseCanonical(text);
    const found = leafOr(value);
    if (found?.is === 'leaf') {
      if (result.remarks.length > 0) fault(`line ${at}: a leaf follows a remark`);
      inOrder(result.leaves.at(-1), found.leaf, (a, b) => comparePaths(a.path, b.path), 'leaf', at, fault);
      leafTree.add(text);
      result.leaves.push(found.leaf);
    } else if (found?.is === 'remark') {
      inOrder(result.remarks.at(-1), found.remark, compareRemarks, 'remark', at, fault);
      remarkTree.add(text);
      result.remarks.push(found.remark);
    } else if (found?.is === 'seal') {
      signature = found.signature;
    } else fault(`line ${at}: it is neither a leaf, a remark nor the signature, in the form that these have`);
    if (at > LINES_MAX) throw new VigieError('limit', `check a certificate: it has more than ${LINES_MAX} lines`);
  };

  try {
    for await (const line of linesOf(bytes, LINE_BYTES_MAX)) take(line);
  } catch (error) {
    if (codeOf(error) !== 'line') throw error;
    fault(`line ${at + 1}: ${messageOf(error)}`);
  }
  if (first === undefined) fault('the file is empty');
  const told = result.header;
  if (!told) return result;

  const bytesHere = result.leaves.reduce((sum, l) => sum + l.size, 0);
  same('leaves', told.leaves.count, result.leaves.length, fault);
  same('bytes of leaves', told.leaves.bytes, bytesHere, fault);
  same('root of the leaves', told.leaves.root, leafTree.root(), fault);
  same('remarks', told.remarks.count, result.remarks.length, fault);
  same('root of the remarks', told.remarks.root, remarkTree.root(), fault);
  if (signature === undefined) fault('the signature is missing');
  else if (!isSigned(first as string, signature, told.publicKey)) {
    fault('signature: it is not of this header by this key: the header, the key or the signature was altered');
  }
  if (trustedKey !== undefined && told.publicKey !== trustedKey) {
    fault(`key: it was signed by ${fingerprintOf(told.publicKey)}, not by the given key ${fingerprintOf(trustedKey)}`);
  }
  return result;
}

function headerOf(text: string, fault: (text: string) => void): Header | undefined {
  const value = parseCanonical(text);
  const version = (value as { version?: unknown } | undefined)?.version;
  if (
    (value as { vigie?: unknown } | undefined)?.vigie === 'certificate' &&
    typeof version === 'number' &&
    version > 2
  ) {
    throw new VigieError('version', `check a certificate of version ${version}: 1 and 2 are known here`, {
      hint: 'Check it with a newer vigie-hub.',
    });
  }
  const parsed = header.safeParse(value);
  if (parsed.success) return parsed.data;
  fault('line 1: it is not the header of a certificate, in the form that it has');
  return undefined;
}

type Found = { is: 'leaf'; leaf: Leaf } | { is: 'remark'; remark: Remark } | { is: 'seal'; signature: string };

/** What a line holds, told by its keys. */
function leafOr(value: unknown): Found | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const parsed = <T>(schema: z.ZodType<T>): T | undefined => schema.safeParse(value).data;
  if ('signature' in value) {
    const found = parsed(seal);
    return found && { is: 'seal', signature: found.signature };
  }
  if ('class' in value) {
    const found = parsed(remark);
    return found && { is: 'remark', remark: found };
  }
  const found = parsed(leaf);
  return found && { is: 'leaf', leaf: found };
}

function inOrder<T extends { path: string }>(
  before: T | undefined,
  now: T,
  compare: (a: T, b: T) => number,
  what: string,
  at: number,
  fault: (text: string) => void,
): void {
  const order = before === undefined ? -1 : compare(before, now);
  if (order === 0) fault(`line ${at}: ${what} ${JSON.stringify(now.path)} is there twice`);
  else if (order > 0) fault(`line ${at}: ${what} ${JSON.stringify(now.path)} is out of order`);
}

function same(what: string, certified: number | string, here: number | string, fault: (text: string) => void): void {
  if (certified !== here) fault(`${what}: ${certified} was certified, ${here} is here`);
}

function isSigned(text: string, signature: string, publicKey: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    const bytes = Buffer.from(signature, 'base64');
    if (key.asymmetricKeyType !== 'ed25519' || bytes.toString('base64') !== signature) return false;
    return verify(null, Buffer.from(text), key, bytes);
  } catch {
    // OpenSSL's words for a key that is none say less than the fault does.
    return false;
  }
}
