import type { Kind } from '@vigie/shared/protocol/asset';

/**
 * Who keeps the books of a watched folder: the port through which the engine says where a file is about to go before it goes there,
 * so that a crash between the two is told apart from a repetition. All calls are synchronous and durable on return.
 */
export type Books = {
  /** Before the first name is taken: this job's file will lie at `path`. A later call for the same job replaces the earlier one. */
  intend(intent: Intent): void;
  /** What an unfinished job had intended. */
  intended(jobId: string): Intent | undefined;
  /** The file lies where it was intended to: from now on it is an asset that is owed to its destinations. */
  filed(jobId: string): void;
  /** The job has ended and left its stage folder; nothing of it needs to be remembered. */
  closed(jobId: string): void;
  /** A candidate went to failure, or could not be taken at all. `kept` is false when its bytes were not kept. */
  rejected(rejection: { jobId: string; name: string; reason: string; kept: boolean }): void;
};

/**
 * A file's place and figures. `tree` and `path` (below that tree, suffix included) name the place; in `failure` the asset
 * is kept and counted as unreadable with `unreadable` as the reason. `sha256` and `size` are those of the file that gets that name.
 */
export type Intent = {
  jobId: string;
  tree: 'result' | 'failure';
  path: string;
  size: number;
  sha256: string;
  kind: Kind;
  /** ms since 1970. */
  capturedAt: number;
  modifiedAt: number;
  unreadable: string | undefined;
  preview: Buffer | null;
};
