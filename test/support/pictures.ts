import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { labelled } from '@vigie/shared/protocol/thumbnail';
import sharp from 'sharp';

let base: Buffer | undefined;

/** A small, sound JPEG with content of its own. */
export async function picture(label: string): Promise<Buffer> {
  base ??= await sharp({ create: { width: 64, height: 48, channels: 3, background: '#4477aa' } })
    .jpeg()
    .toBuffer();
  return labelled(base, label);
}

/** `YYYYMMDDHHMMSS.jpg` for the n-th picture of a series: one a second, some a day. */
export function pictureName(n: number, perDay = 500): string {
  const at = new Date(Date.UTC(2026, 9, 1 + Math.floor(n / perDay), 8) + (n % perDay) * 1000);
  return `${at.toISOString().replace(/\D/g, '').slice(0, 14)}.jpg`;
}

/** Brings a file into a watched folder's input as a careful producer does: complete, by rename, with its own time if it has one. */
export async function drop(watched: string, name: string, bytes: Uint8Array, modifiedAt?: number): Promise<void> {
  const aside = join(watched, '.dropping');
  await mkdir(aside, { recursive: true });
  await writeFile(join(aside, 'next'), bytes);
  if (modifiedAt !== undefined) await utimes(join(aside, 'next'), modifiedAt / 1000, modifiedAt / 1000);
  await rename(join(aside, 'next'), join(watched, 'input', name));
}
