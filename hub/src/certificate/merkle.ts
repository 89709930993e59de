import { createHash } from 'node:crypto';

/** A tree's root while its leaves come in their order. It keeps one digest a level: memory grows with the logarithm of the leaves. */
export type Merkle = {
  add(leaf: string | Uint8Array): void;
  count(): number;
  /** 64 hexadecimal digits. More leaves may follow. */
  root(): string;
};

/**
 * Merkle tree hashes with SHA-256. Source: RFC 6962, section 2.1. A leaf's digest is of the byte 00 and the leaf, a node's of the byte
 * 01 and the digests of both its halves, so that no leaf can pass for a node; the left half is the largest power of two of leaves
 * that is smaller than the whole. The root of no leaves is the digest of nothing.
 */
export function createMerkle(): Merkle {
  /** Whole trees, each a power of two in leaves, the larger ones first. */
  const trees: { leaves: number; digest: Uint8Array }[] = [];
  let count = 0;
  return {
    add(leaf) {
      let digest: Uint8Array = createHash('sha256').update(LEAF).update(leaf).digest();
      let leaves = 1;
      for (let last = trees.at(-1); last?.leaves === leaves; last = trees.at(-1)) {
        trees.pop();
        digest = node(last.digest, digest);
        leaves *= 2;
      }
      trees.push({ leaves, digest });
      count += 1;
    },
    count: () => count,
    root() {
      const last = trees.at(-1);
      if (!last) return createHash('sha256').digest('hex');
      const whole = trees.slice(0, -1).reduceRight((right, { digest }) => node(digest, right), last.digest);
      return Buffer.from(whole).toString('hex');
    },
  };
}

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

const node = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  createHash('sha256').update(NODE).update(left).update(right).digest();
