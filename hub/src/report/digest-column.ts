const DIGEST_BYTES = 32;

/** SHA-256 digests by number, as bytes: as text they would take three times the room. Nothing is taken while none is put. */
export type DigestColumn = {
  put(number: number, sha256: string): void;
  /** Is this the digest that was put under that number? */
  isSame(number: number, sha256: string): boolean;
};

export function createDigestColumn(): DigestColumn {
  let bytes = Buffer.alloc(0);
  return {
    put(number, sha256) {
      const end = (number + 1) * DIGEST_BYTES;
      if (end > bytes.length) {
        const grown = Buffer.alloc(Math.max(end, bytes.length * 2, 1024 * DIGEST_BYTES));
        bytes.copy(grown);
        bytes = grown;
      }
      bytes.write(sha256, number * DIGEST_BYTES, DIGEST_BYTES, 'hex');
    },
    isSame: (number, sha256) => bytes.toString('hex', number * DIGEST_BYTES, (number + 1) * DIGEST_BYTES) === sha256,
  };
}
