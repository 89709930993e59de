import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureRequest } from '@vigie/hardware/camera/camera';
import { tempFolder } from './temp.ts';

/** A request with a folder of its own, which is removed with the test. */
export async function captureRequest(fields: Partial<CaptureRequest> = {}): Promise<CaptureRequest> {
  const folder = join(await tempFolder(), 'capture');
  await mkdir(folder);
  return {
    folder,
    at: Date.UTC(2026, 4, 3, 10, 20, 30),
    zone: 'Europe/Paris',
    source: 'summit',
    sequence: 1,
    ...fields,
  };
}
