/**
 * Watches the bytes of one client's stream and answers false as soon as a packet announces more bytes than `bytesMax()`
 * allows, before any of them is kept. Pure but for its position in the stream. Source: MQTT 3.1.1, 2.2 (fixed header).
 */
export function createPacketMeter(bytesMax: () => number): (chunk: Uint8Array) => boolean {
  let skip = 0;
  let inLength = false;
  let length = 0;
  let digits = 0;

  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (skip > 0) {
        const step = Math.min(skip, chunk.length - at);
        skip -= step;
        at += step;
        continue;
      }
      const byte = chunk[at] as number;
      at += 1;
      if (!inLength) {
        inLength = true;
        length = 0;
        digits = 0;
        continue;
      }
      length += (byte & 0x7f) * 128 ** digits;
      digits += 1;
      if (length + digits + 1 > bytesMax() || (digits === 4 && byte >= 0x80)) return false;
      if (byte < 0x80) {
        inLength = false;
        skip = length;
      }
    }
    return true;
  };
}
