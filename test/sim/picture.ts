import { createHash } from 'node:crypto';

/** A picture in a simulated history: its bytes are told by their digest. */
export type Picture = { jobId: string; path: string; size: number; sha256: string; at: number };

/** The `number`th picture of a device, taken at `at` (ms since 1970, by the device's clock). */
export function pictureOf(device: string, number: number, at: number, size: number): Picture {
  const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '');
  const sha256 = createHash('sha256').update(`${device} ${number}`).digest('hex');
  const name = `${String(number).padStart(5, '0')}.jpg`;
  return { jobId: `${device}-${number}`, path: `${day}/${name}`, size, sha256, at };
}

/** Bytes of the smallest and of the largest picture. */
export const SIZE_MIN = 20_000;
export const SIZE_MAX = 200_000;
