import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PictureJob, PictureOutcome } from '@vigie/agent/process/picture-job';
import { createPipeline, type PipelineOptions } from '@vigie/agent/process/pipeline';
import { type StepConfig, stepConfig } from '@vigie/agent/process/step-config';
import { bytesOf } from '@vigie/shared/kit/names';
import { tempFolder } from '../../support/temp.ts';

export const CAPTURED_AT = Date.UTC(2026, 4, 3, 10, 0, 0);

/** A claimed file with these bytes, as the watched folder hands it over. */
export async function jobOf(
  bytes: Uint8Array,
  name = '20260503120000.jpg',
  zone = 'Europe/Paris',
): Promise<PictureJob> {
  const folder = await tempFolder();
  const workFolder = join(folder, 'work');
  await mkdir(workFolder);
  const file = join(folder, name);
  await writeFile(bytesOf(file), bytes);
  return { file, name, workFolder, source: 'summit', zone, capturedAt: CAPTURED_AT };
}

/** Steps as they are written in a configuration, with its defaults. */
export function steps(...list: object[]): StepConfig[] {
  return list.map((step) => stepConfig.parse(step));
}

export async function processed(
  bytes: Uint8Array,
  options: Partial<PipelineOptions> & { name?: string; zone?: string } = {},
): Promise<PictureOutcome & { job: PictureJob }> {
  const { name, zone, ...rest } = options;
  const job = await jobOf(bytes, name, zone);
  return { ...(await createPipeline({ steps: [], ...rest })(job)), job };
}
