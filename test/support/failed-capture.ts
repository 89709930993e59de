import { readdir } from 'node:fs/promises';
import type { Camera } from '@vigie/hardware/camera/camera';
import { VigieError } from '@vigie/shared/kit/errors';
import { expect } from 'vitest';
import { captureRequest } from './capture-request.ts';

/** A capture that fails as the port says, with a hint and nothing left behind: its error. */
export async function failedCapture(camera: Camera): Promise<VigieError> {
  const request = await captureRequest();
  const error = await camera.capture(request).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(VigieError);
  expect(error).toMatchObject({ retryable: true, hint: expect.stringMatching(/\w/) });
  expect(await readdir(request.folder)).toEqual([]);
  return error as VigieError;
}
