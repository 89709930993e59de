/** Which tags name parts of the file, as pairs: where, how long. Source: TIFF 6.0, section 8; DNG 1.6 for SubIFDs. */
const PARTS = [
  [0x0111, 0x0117],
  [0x0144, 0x0145],
  [0x0201, 0x0202],
] as const;
const SUB_FOLDERS = 0x014a;
const FOLDERS_MAX = 64;
const VALUES_MAX = 100_000;
/** Bytes of a value by its type's number. */
const TYPE_BYTES: Record<number, number> = { 3: 2, 4: 4, 13: 4 };

/**
 * The byte after the last one that the tags of a TIFF file name. `head` is the beginning of the file; folders beyond it are not followed.
 * Undefined where the first folder is not even told.
 */
export function tiffEnd(head: Buffer): number | undefined {
  const little = head[0] === 0x49;
  const u16 = (at: number) => (little ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const u32 = (at: number) => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
  if (head.length < 8) return undefined;
  const todo = [u32(4)];
  if (todo[0] === undefined || todo[0] < 8) return undefined;
  const seen = new Set<number>();
  let end = 8;

  while (todo.length > 0 && seen.size < FOLDERS_MAX) {
    const folder = todo.shift() as number;
    if (folder === 0 || seen.has(folder)) continue;
    seen.add(folder);
    end = Math.max(end, folder + 2);
    if (folder + 2 > head.length) continue;
    const count = u16(folder);
    end = Math.max(end, folder + 2 + 12 * count + 4);
    if (folder + 2 + 12 * count + 4 > head.length) continue;

    const values = new Map<number, number[]>();
    for (let entry = folder + 2; entry < folder + 2 + 12 * count; entry += 12) {
      const bytes = TYPE_BYTES[u16(entry + 2)];
      const amount = u32(entry + 4);
      if (bytes === undefined || amount > VALUES_MAX) continue;
      const from = bytes * amount <= 4 ? entry + 8 : u32(entry + 8);
      if (from + bytes * amount > head.length) continue;
      const read = (i: number) => (bytes === 2 ? u16(from + 2 * i) : u32(from + 4 * i));
      values.set(
        u16(entry),
        Array.from({ length: amount }, (_, i) => read(i)),
      );
    }
    for (const [where, length] of PARTS) {
      const lengths = values.get(length) ?? [];
      values.get(where)?.forEach((offset, i) => {
        end = Math.max(end, offset + (lengths[i] ?? 0));
      });
    }
    todo.push(...(values.get(SUB_FOLDERS) ?? []), u32(folder + 2 + 12 * count));
  }
  return end;
}
