import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OperationJob } from '@vigie/agent/watched-folder/operation';
import { bytesOf } from '@vigie/shared/kit/names';
import { tempFolder } from '../../support/temp.ts';

/** A signal that never aborts. */
export const calm: AbortSignal = new AbortController().signal;

/** A claimed file in a stage folder of its own, as an operation is given it. */
export async function fileJob(
  name: string,
  content: string | Buffer,
  over: Partial<OperationJob> = {},
): Promise<OperationJob> {
  const folder = await tempFolder();
  const file = `${folder}/${name}`;
  await writeFile(bytesOf(file), content);
  return jobOf(folder, { file, name, type: 'file', files: [''], ...over });
}

/** A claimed folder with these files, by path. */
export async function folderJob(
  name: string,
  files: Record<string, string>,
  over: Partial<OperationJob> = {},
): Promise<OperationJob> {
  const folder = await tempFolder();
  const file = `${folder}/${name}`;
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(file, path)), { recursive: true });
    await writeFile(join(file, path), content);
  }
  return jobOf(folder, { file, name, type: 'folder', files: Object.keys(files).sort(), ...over });
}

async function jobOf(
  folder: string,
  own: Pick<OperationJob, 'file' | 'name' | 'type' | 'files'> & Partial<OperationJob>,
): Promise<OperationJob> {
  const workFolder = join(folder, '.work');
  await mkdir(workFolder);
  return {
    jobId: 'job-1',
    inputs: {},
    workFolder,
    source: 'yard',
    zone: 'UTC',
    capturedAt: Date.UTC(2026, 10, 23, 12, 30),
    ...own,
  };
}
