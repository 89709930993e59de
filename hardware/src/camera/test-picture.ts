import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Camera, CaptureRequest } from './camera.ts';
import { guarded } from './guarded.ts';

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
  /** The whole capture; 60,000 where absent. */
  timeLimitMs?: number;
};

/** One picture to be drawn: into `path`, whose name is free. Survives a structured clone. */
export type TestPicture = Pick<TestPictureOptions, 'width' | 'height' | 'bytes' | 'fontFile'> &
  Omit<CaptureRequest, 'folder'> & { path: string };
/** Resolves when the file is complete and closed; rejects with the signal's reason, or a VigieError of the Camera port. */
export type DrawTestPicture = (picture: TestPicture, signal?: AbortSignal) => Promise<void>;

/** A camera without hardware: each capture renders a real JPEG with time, source, sequence and EXIF. */
export function createTestPicture(options: TestPictureOptions): Camera {
  const { width, height, bytes, fontFile, draw, description = 'test picture', timeLimitMs = 60_000 } = options;
  return guarded({
    name: 'test-picture',
    description: () => description,
    timeLimitMs,
    lateHint: 'The machine is overloaded: draw a smaller picture, or raise "timeLimit".',
    async take({ folder, ...request }, signal) {
      const path = join(folder, `${String(request.sequence).padStart(6, '0')}.jpg`);
      await draw({ width, height, bytes, fontFile, ...request, path }, signal);
      if ((await stat(path)).size === 0) throw emptyError(path);
      return [{ path, extension: 'jpg' }];
    },
  });
}

function emptyError(path: string): VigieError {
  return new VigieError('camera-crashed', `draw ${JSON.stringify(path)}: it is empty`, {
    retryable: true,
    hint: 'Check the free space of the disk.',
  });
}
