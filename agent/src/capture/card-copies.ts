import type { Camera, CardCopy } from '@vigie/hardware/camera/camera';

/**
 * A camera whose captures are remembered by where its card holds them, so that those copies can go when they are delivered. A
 * capture that cannot be written down is a capture all the same: its copies stay on the card.
 */
export function rememberingCopies(
  camera: Camera,
  remember: (copies: readonly CardCopy[]) => void,
  failed: (error: unknown) => void,
): Camera {
  return {
    get description() {
      return camera.description;
    },
    ...(camera.drops && { drops: camera.drops }),
    condition: () => camera.condition?.(),
    ...(camera.release && { release: (copies, signal) => (camera.release as Release)(copies, signal) }),
    async capture(request, signal) {
      const files = await camera.capture(request, signal);
      try {
        remember(files.flatMap(({ card }) => card ?? []));
      } catch (error) {
        failed(error);
      }
      return files;
    },
    [Symbol.asyncDispose]: () => camera[Symbol.asyncDispose](),
  };
}

type Release = NonNullable<Camera['release']>;
