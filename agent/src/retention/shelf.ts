import type { Standing } from './proof.ts';

/** An asset of the result tree, as the ledger has it. Times are ms since 1970, sizes bytes. */
export type KeptAsset = {
  id: number;
  source: string;
  /** Below the result tree. */
  path: string;
  size: number;
  sha256: string;
  modifiedAt: number;
  capturedAt: number;
  /** Made of an original by the source's steps, in contrast to one that is the original itself. */
  isMade: boolean;
  /** Its file should lie in result, and no job has to do with it any more. */
  isHeld: boolean;
  standings: Standing[];
};

/**
 * A kept file that may go, by the proof of `asset`. `names` are its paths below the watched folder's root, all of one file. `isWhole`
 * means that the asset itself goes; otherwise it is a further name, or the original of which the asset was made.
 */
export type Candidate = {
  asset: KeptAsset;
  isWhole: boolean;
  names: string[];
  size: number;
  modifiedAt: number;
  /** What its age is told by. */
  agedAt: number;
};

/** A removal that the ledger has decided on. */
export type Purge = {
  id: number;
  assetId: number | null;
  source: string;
  names: string[];
  size: number;
  modifiedAt: number;
};

/** What retention needs of the ledger. Calls are synchronous and durable on return. */
export type Shelf = {
  /** Held assets of these sources of which some destination has verified something, oldest first, after a place. */
  candidates(
    sources: readonly string[],
    options: { after: { capturedAt: number; id: number } | undefined; isMade: boolean; limit: number },
  ): KeptAsset[];
  /** The held asset under a path below result. */
  at(source: string, path: string): KeptAsset | undefined;
  /** Assets with these very bytes, held or purged. */
  withBytes(source: string, bytes: { size: number; sha256: string }): KeptAsset[];
  /** Assets that were made of an original with these bytes, held or purged. */
  madeFrom(source: string, original: { size: number; sha256: string }): KeptAsset[];
  /** Does anything that could answer the last two have this size? */
  hasSize(source: string, size: number): boolean;
  /**
   * One transaction, before the first name goes: each candidate is judged again on what the ledger says now, and what `mayGo` lets go
   * (it names the destinations that prove it) is no longer held. Returns what is to be removed.
   */
  begin(
    candidates: readonly Candidate[],
    options: { mayGo: (asset: KeptAsset) => string[] | undefined; reason: string; at: number },
  ): Purge[];
  /** Removals that have begun and not ended. */
  open(): Purge[];
  /** Does this name belong to an asset that is held or about to be filed? */
  isTaken(source: string, name: string): boolean;
  /** Their names are gone for good. */
  end(ids: readonly number[], at: number): void;
};
