/**
 * Blocks of memory that files are read into on their way, kept for the next file: memory outside of the heap costs a whole collection each
 * time that so much of it was given up. Two sizes, a few of each.
 */
const SIZES = [
  { bytes: 64 * 1024, kept: 12 },
  { bytes: 512 * 1024, kept: 2 },
] as const;
const free = new Map<number, Buffer[]>(SIZES.map(({ bytes }) => [bytes, []]));

/** A block for at most so many bytes at once; larger files are read in several. */
export function takeBlock(bytes: number): Buffer {
  const size = (SIZES.find((one) => one.bytes >= bytes) ?? SIZES[1]).bytes;
  return free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
}

/** Nobody uses the block any more: not its giver, and no request that is under way. */
export function giveBlock(block: Buffer): void {
  const kept = SIZES.find(({ bytes }) => bytes === block.length)?.kept ?? 0;
  const those = free.get(block.length);
  if (those && those.length < kept) those.push(block);
}
