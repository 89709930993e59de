import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureRequest } from '@vigie/hardware/camera/camera';
import { createGphoto2, type Gphoto2Options } from '@vigie/hardware/camera/gphoto2';
import { onTestFinished } from 'vitest';
import { jpegPicture } from '../picture.ts';
import { tempFolder } from '../temp.ts';
import { virtualCamera } from './virtual-camera.ts';

/** Bytes that begin as those of a Nikon RAW file do. */
export const rawPicture = (bytes = 300_000): Buffer => {
  const raw = Buffer.alloc(bytes, 'raw');
  raw.write('II*\0', 0, 'latin1');
  raw.writeUInt32LE(8, 4);
  // Its first folder of tags: the maker, and that there are folders below.
  raw.writeUInt16LE(2, 8);
  const tag = (at: number, id: number, type: number, count: number, value: number) => {
    raw.writeUInt16LE(id, at);
    raw.writeUInt16LE(type, at + 2);
    raw.writeUInt32LE(count, at + 4);
    raw.writeUInt32LE(value, at + 8);
  };
  tag(10, 0x010f, 2, 6, 64);
  tag(22, 0x014a, 4, 1, 128);
  raw.writeUInt32LE(0, 34);
  raw.writeUInt16LE(0, 128);
  raw.write('NIKON\0', 64, 'latin1');
  return raw;
};

/** A virtual camera with a picture in it, and the adapter that takes it; settings of libgphoto2 are this test's own. */
export async function gphotoSet(options: Partial<Gphoto2Options> = {}) {
  const virtual = await virtualCamera();
  const jpeg = await jpegPicture();
  await virtual.put(jpeg);
  const home = await tempFolder();
  const environment = { ...process.env, ...virtual.environment, HOME: home };
  const warnings: string[] = [];
  const open = (more: Partial<Gphoto2Options> = {}) => {
    const camera = createGphoto2({
      timeLimitMs: 20_000,
      keepOnCard: true,
      environment,
      warn: (message) => warnings.push(message),
      ...options,
      ...more,
    });
    onTestFinished(() => camera[Symbol.asyncDispose]());
    return camera;
  };
  return { camera: open(), open, jpeg, virtual, environment, home, warnings };
}

export async function captureRequest(at = Date.UTC(2026, 0, 1)): Promise<CaptureRequest> {
  const folder = join(await tempFolder(), 'capture');
  await mkdir(folder);
  return { folder, at, zone: 'UTC', source: 'summit', sequence: 1 };
}
