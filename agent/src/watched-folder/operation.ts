import type { Kind } from '@vigie/shared/protocol/asset';

/**
 * What is done with one claimed file or folder. It lies in stage and belongs to the job alone; an operation reads it, never writes
 * it, and puts what it makes into `workFolder`, which vanishes with the job. It may be repeated after a crash.
 *
 * What it throws is the machine's fault when it is retryable (the job stays in stage and is tried again), else the file's:
 * the job goes to failure with the message as the reason.
 */
export type Operation = ((job: OperationJob, signal: AbortSignal) => Promise<Outcome>) & {
  /** It makes no files: a work folder is not made for it. */
  readonly makesNothing?: true;
};

export type OperationJob = {
  jobId: string;
  /** Absolute path in stage. */
  file: string;
  /** Its name in input. */
  name: string;
  type: 'file' | 'folder';
  /** The files of the job, as paths below `file`, sorted; a file job has the empty path alone. */
  files: readonly string[];
  /** What the input mapping gives this call; see `mapping.ts`. */
  inputs: Inputs;
  /** Exists (unless the operation makes nothing), is empty, on the same file system as stage. */
  workFolder: string;
  /** The watched folder's name. */
  source: string;
  zone: string;
  /** Best knowledge of the capture time, ms since 1970: from the name, else the modification time. */
  capturedAt: number;
};

/** Absolute paths of documents, or values; frozen. */
export type Inputs = Readonly<Record<string, InputValue>>;
export type InputValue =
  | { document: string }
  | { list: readonly string[] }
  /** By name in the job. */
  | { map: Readonly<Record<string, string>> }
  /** Several literals. */
  | { values: readonly (string | number | bigint | boolean)[] }
  | string
  | number
  | bigint
  | boolean;

/**
 * The outcome of an operation. A file that is not what it should be is no error of the operation: `sound` is false with
 * the reason. Figures that are absent are taken by the engine.
 */
export type Outcome = {
  sound: { ok: true } | { ok: false; reason: string };
  /** The claimed file's own figures; a folder has none. `sha256` is 64 hexadecimal digits. */
  original?: Figures & { kind: Kind };
  /** What goes to result: the untouched original, or files in the work folder. A `/` in a name is a folder. */
  results: ResultFile[];
  /** ms since 1970; the job's where absent. */
  capturedAt?: number;
  /** A JPEG of at most 20 KB of the first result, or null where none can be made. */
  preview?: Buffer | null;
};

export type Figures = { size: number; sha256: string };
export type ResultFile = { file: string; name: string } & Partial<Figures>;
