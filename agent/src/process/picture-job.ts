import type { Kind } from '@vigie/shared/protocol/asset';

/**
 * What is done with one claimed file. The file lies in stage and belongs to the job alone; an operation reads it, never
 * writes it, and puts what it makes into `workFolder`, which vanishes with the job.
 */
export type PictureOperation = (job: PictureJob, signal?: AbortSignal) => Promise<PictureOutcome>;

export type PictureJob = {
  /** Absolute path in stage. */
  file: string;
  /** Its name in input. */
  name: string;
  /** Exists, is empty, on the same file system as stage. */
  workFolder: string;
  source: string;
  zone: string;
  /** Best knowledge of the capture time, ms since 1970: from the name, else the modification time. */
  capturedAt: number;
};

/**
 * The outcome of an operation. A file that cannot be read as a picture is no error of the operation: `sound` is false
 * with the reason, and its digest and size are told all the same.
 */
export type PictureOutcome = {
  sound: { ok: true } | { ok: false; reason: string };
  /** The claimed file's own figures. `sha256` is 64 hexadecimal digits. */
  original: { size: number; sha256: string; kind: Kind };
  /** What goes to result: the untouched original, or a new file in the work folder with its own figures. */
  result: { file: string; name: string; size: number; sha256: string };
  /** ms since 1970: EXIF's capture time where it has a usable one, else the job's. */
  capturedAt: number;
  /** A JPEG of at most 20 KB, or null where none can be made. */
  preview: Buffer | null;
  /** EXIF fields that the dashboard shows. */
  exif: Record<string, string | number>;
};
