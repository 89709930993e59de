import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatOf } from '@vigie/hardware/camera/file-format';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, printable } from '@vigie/shared/kit/names';
import { kindOf } from '@vigie/shared/protocol/asset';
import sharp from 'sharp';
import { containerFault } from './container.ts';
import { type DecodeLimits, decode, decodeWhatIsThere, type Glance, PictureFault } from './decode.ts';
import { digestBytes, digestFile } from './digest.ts';
import { captureTimeOf, type Exif, embeddedPreview, NO_EXIF, readExif, shownExif } from './exif.ts';
import { machineError } from './machine-error.ts';
import type { PictureJob, PictureOperation, PictureOutcome } from './picture-job.ts';
import { previewOf } from './preview.ts';
import { checkFor } from './soundness.ts';
import { openClaimed } from './source-file.ts';
import type { StepConfig } from './step-config.ts';
import { applySteps } from './steps.ts';

export type PipelineOptions = {
  /** What is done with a sound picture, in this order. With none the original is the result. */
  steps: StepConfig[];
  limits?: Partial<DecodeLimits> | undefined;
};

/**
 * The limits of one decoding. The largest cameras have 102 megapixels. A progressive JPEG is held whole while it is decoded,
 * at up to six bytes a pixel, so its limit is lower.
 */
const LIMITS: DecodeLimits = { pixelsMax: 120_000_000, progressivePixelsMax: 50_000_000, seconds: 60 };

/**
 * The operation on pictures: digest, EXIF, full decode check, steps, preview. What is wrong with the picture is told in
 * the outcome; what is wrong with the machine (`disk-full`, `memory`, `io`) or with a step's configuration (`step`) is thrown.
 */
export function createPipeline({ steps, limits }: PipelineOptions): PictureOperation {
  // Pictures are seen once: a cache would only hold memory. One thread a picture; the watched folder decides how many pictures.
  sharp.cache(false);
  sharp.concurrency(1);
  const allLimits = { ...LIMITS, ...limits };

  return async (job, signal) => {
    try {
      signal?.throwIfAborted();
      return await process(job, steps, allLimits, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw operationError(error, job.name);
    }
  };
}

/** After a picture was found sound, an error is the machine's or that of a step. */
function operationError(error: unknown, name: string): unknown {
  if (error instanceof VigieError) return error;
  const action = `process ${JSON.stringify(printable(name))}`;
  return (
    machineError(error, action) ??
    new VigieError('step', `${action}: a step could not be carried out: ${printable(messageOf(error)).slice(0, 300)}`, {
      cause: error,
      hint: 'Check the processing steps of this source.',
    })
  );
}

async function process(
  job: PictureJob,
  steps: StepConfig[],
  limits: DecodeLimits,
  signal: AbortSignal | undefined,
): Promise<PictureOutcome> {
  await using claimed = await openClaimed(job.file);
  const digest = await digestFile(claimed.handle, signal);
  const exif = await readExif(digest.head);
  signal?.throwIfAborted();
  const kind = kindOf(job.name);
  const outcome: PictureOutcome = {
    sound: { ok: true },
    original: { size: digest.size, sha256: digest.sha256, kind },
    result: { file: job.file, name: job.name, size: digest.size, sha256: digest.sha256 },
    capturedAt: captureTimeOf(exif, job.zone) ?? job.capturedAt,
    preview: null,
    exif: shownExif(exif),
  };
  const unsound = (reason: string): PictureOutcome => ({ ...outcome, sound: { ok: false, reason } });

  const format = formatOf(digest.head);
  const check = checkFor({ name: job.name, kind, format, size: digest.size, jpeg: digest.jpeg, limits });
  if (check.how === 'none') return outcome;
  if (check.how === 'refuse') {
    return { ...unsound(check.reason), preview: check.torn ? await halfPreview(claimed.path, limits) : null };
  }
  if (check.how === 'container') {
    const fault = await containerFault(claimed.handle, digest.head, digest.size, check.format);
    if (fault !== undefined) return unsound(fault);
    return { ...outcome, preview: await rawPreview(digest.head, exif) };
  }

  let glance: Glance;
  try {
    glance = await decode(claimed.path, limits);
  } catch (error) {
    if (!(error instanceof PictureFault)) throw error;
    return { ...unsound(error.message), preview: error.torn ? await halfPreview(claimed.path, limits) : null };
  }
  signal?.throwIfAborted();
  outcome.exif = { width: glance.width, height: glance.height, ...outcome.exif };
  if (steps.length === 0) return { ...outcome, preview: await previewOf(glance) };

  const words = { source: job.source, name: job.name, zone: job.zone, capturedAt: outcome.capturedAt };
  const made = await applySteps(claimed, check.format, steps, { words, limits }, signal);
  signal?.throwIfAborted();
  const file = join(job.workFolder, job.name);
  await writeFile(bytesOf(file), made, { flag: 'wx' });
  outcome.result = { file, name: job.name, ...digestBytes(made) };
  const seen = await decodeWhatIsThere(made, limits);
  return { ...outcome, preview: seen ? await previewOf(seen) : null };
}

/** What a torn picture still shows: nothing depends on it. */
async function halfPreview(path: string, limits: DecodeLimits): Promise<Buffer | null> {
  const glance = await decodeWhatIsThere(path, limits);
  return glance ? previewOf(glance) : null;
}

async function rawPreview(head: Buffer, exif: Exif): Promise<Buffer | null> {
  const jpeg = exif === NO_EXIF ? undefined : await embeddedPreview(head);
  const glance =
    jpeg && (await decodeWhatIsThere(jpeg, { pixelsMax: 10_000_000, progressivePixelsMax: 0, seconds: 10 }));
  return glance ? previewOf({ ...glance, orientation: exif.orientation }) : null;
}
