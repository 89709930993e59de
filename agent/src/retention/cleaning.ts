import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { byAge, countFor, type Need, PORTION_MAX } from './choice.ts';
import type { Deletion } from './deletion.ts';
import type { KeptDisk } from './kept-disk.ts';
import { createPreserved, type Lone, type Preserved } from './preserved.ts';
import type { Proof } from './proof.ts';
import type { Candidate, KeptAsset, Shelf } from './shelf.ts';

/** Makes room on one file system: derivatives first, then proved files, oldest first, until nothing is needed any more. */
export type Cleaning = {
  /** Returns what was removed. It stops when `need` says 0 of both, or when nothing that may go is left. */
  run(sources: readonly string[], need: () => Promise<Need>, signal?: AbortSignal): Promise<Removed>;
};
export type Removed = { count: number; bytes: number };

export function createCleaning(options: {
  shelf: Shelf;
  disk: KeptDisk;
  deletion: Pick<Deletion, 'remove'>;
  judge: (asset: KeptAsset) => Proof;
  rootOf: (source: string) => Promise<string | undefined>;
  withResult: boolean;
  clock: Clock;
  log: Log;
}): Cleaning {
  const { shelf, disk, deletion, rootOf, log } = options;
  const digests = new Map<string, string>();
  const isProved = (asset: KeptAsset): boolean => options.judge(asset).proved;

  /** Proved assets from the ledger, oldest first. */
  async function* assets(
    sources: readonly string[],
    isMade: boolean,
    preservedOf: (source: string) => Preserved | undefined,
  ): AsyncGenerator<Candidate> {
    let after: { capturedAt: number; id: number } | undefined;
    for (;;) {
      const portion = shelf.candidates(sources, { after, isMade, limit: LOOK_AT_ONCE });
      for (const asset of portion) {
        const preserved = preservedOf(asset.source);
        if (!preserved || !isProved(asset)) continue;
        const names = [`result/${asset.path}`, ...(await preserved.namesOf(asset))];
        const { size, modifiedAt, capturedAt } = asset;
        yield { asset, isWhole: true, names, size, modifiedAt, agedAt: capturedAt };
      }
      const last = portion.at(-1);
      if (!last || portion.length < LOOK_AT_ONCE) return;
      after = { capturedAt: last.capturedAt, id: last.id };
      // A long list must not hold up what else the agent has to do.
      await options.clock.sleep(1);
    }
  }

  /** Proved files of preserve that have no other name, oldest first. */
  async function* preservedFiles(preserved: readonly Preserved[]): AsyncGenerator<Candidate> {
    const all: { of: Preserved; lone: Lone }[] = [];
    for (const of of preserved) for (const lone of await of.lone()) all.push({ of, lone });
    all.sort((a, b) => a.lone.modifiedAt - b.lone.modifiedAt);
    for (const { of, lone } of all) {
      const asset = await of.provenBy(lone);
      if (!asset) continue;
      const { name, size, modifiedAt } = lone;
      yield { asset, isWhole: false, names: [name], size, modifiedAt, agedAt: modifiedAt };
    }
  }

  /** Takes portions of what comes, oldest first, until there is room; false when it ended before that. */
  async function drain(
    from: AsyncGenerator<Candidate>,
    need: () => Promise<Need>,
    removed: Removed,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const waiting: Candidate[] = [];
    for (;;) {
      if (signal?.aborted) return true;
      const missing = await need();
      if (missing.bytes === 0 && missing.inodes === 0) return true;
      while (waiting.length < PORTION_MAX) {
        const next = await from.next();
        if (next.done) break;
        waiting.push(next.value);
      }
      if (waiting.length === 0) return false;
      waiting.sort(byAge);
      const portion = waiting.splice(0, countFor(waiting, missing));
      const gone = await deletion.remove(portion, 'the disk was full');
      removed.count += gone.count;
      removed.bytes += gone.bytes;
    }
  }

  return {
    async run(sources, need, signal) {
      const removed = { count: 0, bytes: 0 };
      const preserved = new Map<string, Preserved>();
      for (const source of sources) {
        const root = await rootOf(source);
        if (root === undefined) continue;
        const { withResult } = options;
        preserved.set(source, createPreserved({ source, root, shelf, disk, isProved, withResult, digests }));
      }
      const there = [...preserved.keys()];
      const of = (source: string) => preserved.get(source);
      const enough =
        there.length === 0 ||
        (await drain(assets(there, true, of), need, removed, signal)) ||
        (await drain(merged(assets(there, false, of), preservedFiles([...preserved.values()])), need, removed, signal));
      if (removed.count > 0) log.info({ ...removed, enough }, 'proved files were removed to make room');
      return removed;
    },
  };
}

/** Two streams that are each in order of age, as one. */
async function* merged(left: AsyncGenerator<Candidate>, right: AsyncGenerator<Candidate>): AsyncGenerator<Candidate> {
  let [a, b] = [await left.next(), await right.next()];
  while (!a.done || !b.done) {
    if (b.done || (!a.done && byAge(a.value, b.value) <= 0)) {
      yield (a as IteratorYieldResult<Candidate>).value;
      a = await left.next();
    } else {
      yield b.value;
      b = await right.next();
    }
  }
}

const LOOK_AT_ONCE = 200;
