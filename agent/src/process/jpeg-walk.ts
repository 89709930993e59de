/**
 * What the segments of a JPEG tell without decoding it. `ended` is true when the last scan is followed by the end marker: a file whose
 * tail was lost and filled with zeros after a power cut decodes, and has none. What follows the end marker is no part of the picture.
 * Source: ITU T.81, annex B.
 */
export type JpegWalk = {
  isJpeg: boolean;
  ended: boolean;
  scans: number;
  frame: { progressive: boolean; width: number; height: number } | undefined;
};

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/** Walks through a file that is pushed chunk by chunk. */
export function createJpegWalk() {
  const result: JpegWalk = { isJpeg: false, ended: false, scans: 0, frame: undefined };
  let at: 'first' | 'start' | 'marker' | 'code' | 'long' | 'short' | 'payload' | 'entropy' | 'entropy-code' | 'over' =
    'first';
  let code = 0;
  let left = 0;
  let frame: number[] = [];

  const isFrame = () => code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
  const endPayload = () => {
    if (isFrame() && frame.length >= 5) {
      const [, h1, h0, w1, w0] = frame as [number, number, number, number, number];
      const progressive = [0xc2, 0xc6, 0xca, 0xce].includes(code);
      result.frame ??= { progressive, height: h1 * 256 + h0, width: w1 * 256 + w0 };
    }
    at = code === SOS ? 'entropy' : 'marker';
  };
  const takeCode = (byte: number) => {
    code = byte;
    if (byte === 0xff) return; // A filler: the code is still to come.
    if (byte === EOI) {
      result.ended = result.scans > 0;
      at = 'over';
    } else if (byte >= 0xd0 && byte <= SOI) at = 'marker';
    else {
      if (byte === SOS) result.scans++;
      at = 'long';
    }
  };

  function push(bytes: Buffer): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      switch (at) {
        case 'over':
          return;
        case 'first':
          at = byte === 0xff ? 'start' : 'over';
          break;
        case 'start':
          result.isJpeg = byte === SOI;
          at = result.isJpeg ? 'marker' : 'over';
          break;
        case 'marker':
          if (byte === 0xff) at = 'code';
          break;
        case 'code':
          takeCode(byte);
          break;
        case 'long':
          left = byte * 256;
          at = 'short';
          break;
        case 'short':
          left += byte - 2;
          frame = [];
          at = 'payload';
          if (left <= 0) endPayload();
          break;
        case 'payload': {
          if (isFrame() && frame.length < 5) {
            frame.push(byte);
            left--;
          } else {
            const step = Math.min(left, bytes.length - i);
            left -= step;
            i += step - 1;
          }
          if (left === 0) endPayload();
          break;
        }
        case 'entropy': {
          const next = bytes.indexOf(0xff, i);
          if (next < 0) return;
          i = next;
          at = 'entropy-code';
          break;
        }
        case 'entropy-code':
          if (byte === 0xff) break;
          if (byte === 0 || (byte >= 0xd0 && byte <= 0xd7)) at = 'entropy';
          else takeCode(byte);
          break;
      }
    }
  }

  return { push, end: (): JpegWalk => result };
}
