import type { Kind } from '@vigie/shared/protocol/asset';

/**
 * Who keeps the books of a watched folder: the port through which the engine says where a file is about to go before it goes there,
 * so that a crash between the two is told apart from a repetition. All calls are synchronous and durable on return.
 */
export type Books = {
  /** Before the first name is taken: the job's files will lie at these paths. A later call for the same job replaces the earlier one. */
  intend(jobId: string, intents: readonly Intent[]): void;
  /** What an unfinished job had intended, in that order; empty when nothing. */
  intended(jobId: string): Intent[];
  /** All of them lie where they were intended to: from now on they are assets that are owed to their destinations. */
  filed(jobId: string): void;
  /**
   * Was the job filed, where its files may be gone since, because the next folder of a chain has taken them? Books without it have
   * results that stay.
   */
  isFiled?(jobId: string): boolean;
  /** The job has ended and left its stage folder; nothing of it needs to be remembered. */
  closed(jobId: string): void;
  /** A candidate went to failure, or could not be taken at all. `kept` is false when its bytes were not kept. */
  rejected(rejection: { jobId: string; name: string; reason: string; kept: boolean }): void;
};

/**
 * A file's place and figures. `tree` and `path` (below that tree, suffix included; absolute where the pattern is) name the
 * place; in `failure` the asset is kept and counted as unreadable with `unreadable` as the reason. `sha256` and `size` are those of the file that gets that name.
 */
export type Intent = {
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
