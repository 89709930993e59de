/** A TrueType file whose table of characters (`cmap`) is empty: every letter becomes a box. Source: the OpenType specification, "cmap". */
export function withoutLetters(font: Buffer): Buffer {
  const hollow = Buffer.from(font);
  const tables = hollow.readUInt16BE(4);
  for (let table = 0; table < tables; table++) {
    const record = 12 + 16 * table;
    if (hollow.toString('latin1', record, record + 4) === 'cmap') emptyMaps(hollow, hollow.readUInt32BE(record + 8));
  }
  return hollow;
}

function emptyMaps(font: Buffer, cmap: number): void {
  const maps = font.readUInt16BE(cmap + 2);
  for (let i = 0; i < maps; i++) {
    const map = cmap + font.readUInt32BE(cmap + 4 + 8 * i + 4);
    const format = font.readUInt16BE(map);
    // One segment alone, the last: characters FFFF to FFFF, which stand for no glyph.
    if (format === 4) {
      for (const [at, value] of [
        [2, 24],
        [6, 2],
        [14, 0xffff],
        [16, 0],
        [18, 0xffff],
        [20, 1],
        [22, 0],
      ] as const)
        font.writeUInt16BE(value, map + at);
    }
    if (format === 6) font.writeUInt16BE(0, map + 8);
    if (format === 12) font.writeUInt32BE(16, map + 4);
    if (format === 12) font.writeUInt32BE(0, map + 12);
  }
}
