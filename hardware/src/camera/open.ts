import type { Camera } from './camera.ts';
import { type CaptureChild, createGphoto2 } from './gphoto2.ts';
import { createTestPicture, type DrawTestPicture } from './test-picture.ts';

/** Which camera, as a program's configuration says it; durations in milliseconds, sizes in pixels and bytes. */
export type CameraConfig =
  | { type: 'test-picture'; width: number; height: number; bytes: number }
  | { type: 'gphoto2'; timeLimit: number; keepOnCard: boolean };

export type CameraParts = {
  /** A TrueType file with the family DejaVu Sans, for pictures that are drawn here. */
  fontFile: string;
  /** Draws a test picture: here (`test-picture-drawing.ts`) or in another process. */
  drawTestPicture: DrawTestPicture;
  /** The whole environment of processes that are started; this process's own where absent. */
  environment?: NodeJS.ProcessEnv | undefined;
  /** How a packed program starts a capturing process. */
  gphoto2Child?: CaptureChild | undefined;
};

/** The camera that a configuration names. It is opened by its first capture: one that is absent now is no error here. */
export function openCamera(config: CameraConfig, parts: CameraParts): Camera {
  const { fontFile, drawTestPicture: draw, environment, gphoto2Child } = parts;
  switch (config.type) {
    case 'test-picture':
      return createTestPicture({ width: config.width, height: config.height, bytes: config.bytes, fontFile, draw });
    case 'gphoto2':
      return createGphoto2({
        timeLimitMs: config.timeLimit,
        keepOnCard: config.keepOnCard,
        environment,
        child: gphoto2Child,
      });
  }
}
