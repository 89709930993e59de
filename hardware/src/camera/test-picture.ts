import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Camera, CaptureRequest } from './camera.ts';

export type TestPictureOptions = {
  /** Pixels. */
  width: number;
  height: number;
  /** The file is padded with noise to at least this size; 0 leaves it as it is. */
  bytes: number;
  /** A TrueType file that holds the family DejaVu Sans: no font of the machine is used. */
  fontFile: string;
  /** `drawTestPicture` of `test-picture-drawing.ts`, or what lets it run elsewhere. */
  draw: DrawTestPicture;
  description?: string | undefined;
};

/** One picture to be drawn: into `path`, whose name is free. Survives a structured clone. */
export type TestPicture = Pick<TestPictureOptions, 'width' | 'height' | 'bytes' | 'fontFile'> &
  Omit<CaptureRequest, 'folder'> & { path: string };
/** Resolves when the file is complete and closed; rejects with the signal's reason, or a VigieError of the Camera port. */
export type DrawTestPicture = (picture: TestPicture, signal?: AbortSignal) => Promise<void>;

/** A camera without hardware: each capture renders a real JPEG with time, source, sequence and EXIF. */
export function createTestPicture(options: TestPictureOptions): Camera {
  const { width, height, bytes, fontFile, draw, description = 'test picture' } = options;
  let busy = false;
  return {
    description,
    async capture({ folder, ...request }, signal) {
      if (busy) {
        throw new VigieError('camera-busy', `capture for ${JSON.stringify(request.source)}: one is running already`, {
          retryable: true,
          hint: 'One capture at a time: a longer interval leaves room.',
        });
      }
      busy = true;
      const path = join(folder, `${String(request.sequence).padStart(6, '0')}.jpg`);
      try {
        await draw({ width, height, bytes, fontFile, ...request, path }, signal);
        signal?.throwIfAborted();
        return [{ path, extension: 'jpg' }];
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      } finally {
        busy = false;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}
