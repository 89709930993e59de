import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation, OperationJob, Outcome } from '../watched-folder/operation.ts';
import type { PictureOperation, PictureOutcome } from './picture-job.ts';

/**
 * Work on pictures as the operation of a watched folder: a file is one picture, a folder is a job of all its pictures, of which
 * none may be torn. Results keep their names, and in a folder their places.
 */
export function pictureOperation(process: PictureOperation): Operation {
  return async (job, signal) => {
    if (job.type === 'file') return outcomeOf(await process(pictureOf(job, job.file, job.name), signal));
    const all: Outcome = { sound: { ok: true }, results: [], capturedAt: job.capturedAt, preview: null };
    const reasons: string[] = [];
    for (const [index, path] of job.files.entries()) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      // Two pictures of one name, in two folders, are made beside each other.
      const workFolder = join(job.workFolder, String(index));
      await mkdir(workFolder);
      const picture = pictureOf({ ...job, workFolder }, `${job.file}/${path}`, name);
      const made = outcomeOf(await process(picture, signal));
      if (!made.sound.ok) reasons.push(`${path}: ${made.sound.reason}`);
      const below = path.slice(0, path.length - name.length);
      all.results.push(...made.results.map((result) => ({ ...result, name: `${below}${result.name}` })));
      all.preview ??= made.preview ?? null;
    }
    return reasons.length > 0 ? { ...all, sound: { ok: false, reason: reasons.join('; ') } } : all;
  };
}

const pictureOf = ({ workFolder, source, zone, capturedAt }: OperationJob, file: string, name: string) => ({
  file,
  name,
  workFolder,
  source,
  zone,
  capturedAt,
});

function outcomeOf({ sound, original, result, capturedAt, preview }: PictureOutcome): Outcome {
  return { sound, original, results: [result], capturedAt, preview };
}
