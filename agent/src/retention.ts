import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { SourceState } from '@vigie/shared/protocol/messages';
import type { AgentConfig } from './config.ts';
import { diskSpace, fileSystemOf } from './health/disk.ts';
import { forecast } from './health/disk-forecast.ts';
import { diskState } from './health/disk-state.ts';
import { createCleaning } from './retention/cleaning.ts';
import { createDeletion } from './retention/deletion.ts';
import { type KeptDisk, localKeptDisk } from './retention/kept-disk.ts';
import { createLadder, type Ladder } from './retention/ladder.ts';
import { ledgerPermission } from './retention/permission.ts';
import { proofOf } from './retention/proof.ts';
import type { Reserve } from './retention/reserve.ts';
import type { KeptAsset } from './retention/shelf.ts';
import { markOf } from './retention/watermarks.ts';
import type { Source } from './source.ts';
import { createDiskSamples } from './store/disk-samples.ts';
import type { Ledger } from './store/ledger.ts';
import type { Outbox } from './store/outbox.ts';
import { createPurges, type Purges } from './store/purges.ts';
import type { MayDelete } from './watched-folder/purge.ts';

/** Everything that deletes kept files, joined: the ladder, the purge's permission, the one deletion. */
export type Retention = {
  ladder: Ladder;
  purges: Purges;
  /** What the purge of a source's watched folder asks. */
  mayDelete(source: string): MayDelete;
  /** Ends removals that a crash has cut short; before the sources run. */
  finish(): Promise<void>;
  /** A source's own disk, where it is not the ledger's, as its state tells it. */
  ownDisk(source: string): Pick<SourceState, 'disk'>;
};

export function openRetention(options: {
  config: AgentConfig;
  ledger: Ledger;
  reserve: Reserve;
  /** Filled later. */
  sources: ReadonlyMap<string, Pick<Source, 'name' | 'folder' | 'config' | 'assets' | 'isPresent'>>;
  outbox: Outbox;
  /** Destinations that are reached now, for proofs by digest that are asked for when a disk is short. */
  destinations?: { reached(): readonly string[]; wake(): void };
  changed: () => void;
  disk?: KeptDisk;
  clock: Clock;
  log: Log;
}): Retention {
  const { config, ledger, sources, outbox, disk = localKeptDisk, clock, log } = options;
  const { disk: settings, dataFolder: ledgerFolder } = config;
  const withResult = settings.preservedOriginals === 'with-result';
  const purges = createPurges({ ledger, assetsOf: (name) => sources.get(name)?.assets });
  const samples = createDiskSamples(ledger);

  const judge = ({ source, standings }: KeptAsset) =>
    proofOf(sources.get(source)?.config.destinations ?? [], standings, settings.proof);
  const rootOf = async (name: string): Promise<string | undefined> => {
    const source = sources.get(name);
    return source?.isPresent() ? source.folder : undefined;
  };
  const deletion = createDeletion({ shelf: purges, disk, judge, rootOf, clock, log });

  /** Where only the digest is proof, and a size is all that was asked for so far. */
  function proveMore(names: readonly string[]): void {
    const { at, level } = settings.proof;
    const reached = options.destinations?.reached() ?? [];
    if (level === 'size') return;
    let asked = 0;
    for (const name of names) {
      const configured = sources.get(name)?.config.destinations ?? [];
      const of = configured.filter((d) => reached.includes(d) && (at === 'all' || at.includes(d)));
      asked += purges.proveAgain(name, of, PROVE_AT_ONCE);
    }
    if (asked === 0) return;
    log.info({ asked }, 'the disk is short: destinations are asked to prove by digest what they hold');
    options.destinations?.wake();
  }

  const ladder = createLadder({
    config: settings,
    ledgerFolder,
    sources: config.sources.map((source) => source.name),
    rootOf,
    deviceOf: fileSystemOf,
    spaceOf: diskSpace,
    cleaning: createCleaning({ shelf: purges, disk, deletion, judge, rootOf, withResult, clock, log }),
    deletion,
    proveMore,
    reserve: options.reserve,
    sampled(volume, space) {
      const at = clock.now();
      samples.add(volume, { at, freeBytes: space.freeBytes, freeInodes: space.freeInodes });
      return forecast(samples.all(volume), at, markOf(space, settings.skipCaptures));
    },
    reached: (rung, freeBytes) => outbox.add({ type: 'disk-low', freeBytes, rung }),
    changed: options.changed,
    clock,
    log,
  });
  return {
    ladder,
    purges,
    mayDelete(name) {
      const root = sources.get(name)?.folder ?? '';
      return ledgerPermission({ source: name, root, shelf: purges, disk, deletion, judge, withResult });
    },
    async finish() {
      try {
        await deletion.finish();
      } catch (error) {
        log.warn({ error: messageOf(error) }, 'removals that were cut short wait');
      }
    },
    ownDisk(name) {
      const own = ladder.condition(name);
      return own && own !== ladder.condition() ? { disk: diskState(own.space, own) } : {};
    },
  };
}

/** Read back from a destination at a time, for each source. */
const PROVE_AT_ONCE = 64;
