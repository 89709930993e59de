import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { type DestinationFilter, toldFilter } from '@vigie/shared/protocol/destination-filter';
import { type Explanation, explanation, slotFigures } from '@vigie/shared/protocol/messages';
import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import type { OpenRemote } from '@vigie/shared/remote/open-remote';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import { walk } from '@vigie/shared/remote/walk';
import { z } from 'zod';
import type { Commander } from '../fleet/commander.ts';
import type { BucketShapes } from '../store/bucket-shapes.ts';
import { type DeviceRow, type Devices, stateOf } from '../store/devices.ts';
import type { Inventories, SourceName } from '../store/inventories.ts';
import type { Listings } from '../store/listings.ts';
import type { SlotDays } from '../store/slot-days.ts';
import type { ListableDestination } from './compare-listed.ts';
import { mayHold, type ReportFilter } from './filter.ts';
import { listDestination, shapesBefore } from './listing.ts';
import { readBack } from './read-back.ts';
import type { OpenSide, SideOpener } from './runner.ts';
import { destinationFolder, placeOf } from './sides.ts';

/** What a device answers to `ping`: how far each of its inventories is, and what its destinations take. */
const pong = z.object({
  sources: z.array(
    z.object({
      ...{ name: z.string(), generation: z.string(), seq: z.number(), storage: z.enum(['present', 'absent']) },
      rebuilding: z.boolean().optional(),
      slots: z.array(slotFigures).max(366).optional(),
      /** By the names of destinations; an agent of an earlier version has none. */
      filters: z.record(z.string(), toldFilter).default({}),
    }),
  ),
});

const REFRESH_LIMIT_MS = 20_000;
const REBUILDING_TRIES = 10;
const REBUILDING_PAUSE_MS = 1_000;
/** What a device, or its last will, has said of itself where it will not answer. */
const AWAY: ReadonlySet<string> = new Set(['sleeping', 'disconnected', 'lost']);
const STALL_MS = 30_000;
const EXPLAIN_AT_ONCE = 500;

/** Opens the sides of reports: inventories from the database, destinations over their protocol, directories by walking. */
export function createSideOpener(options: {
  devices: Devices;
  inventories: Inventories;
  destinations: readonly DestinationConfig[];
  openRemote: OpenRemote;
  commander: Commander;
  /** Asks a device for what its digest shows to be unknown here. */
  reconcile: (name: SourceName) => void;
  /** What is kept between two listings; without it destinations are listed whole each time. */
  kept?: { listings: Listings; shapes: BucketShapes; fullEveryMs: number };
  /** Where what a device tells of its slots is kept. */
  slotDays?: Pick<SlotDays, 'told'>;
  clock: Clock;
}): SideOpener {
  const { devices, inventories, destinations, openRemote, commander, kept, clock } = options;

  /** What the device tells of the source now; undefined where it does not answer. */
  async function ask(name: SourceName): Promise<z.infer<typeof pong>['sources'][number] | undefined> {
    const reply = await commander.send(name, 'ping', {}, 'report', REFRESH_LIMIT_MS);
    if (reply.status !== 'ok') return undefined;
    const told = pong.parse(reply.data).sources.find((s) => s.name === name.source);
    if (told) return told;
    throw new VigieError('not-found', `source "${name.source}": the device has none of this name any more`);
  }

  /** Waits until the hub knows what the device knew a moment ago; `asOf` is when it was last so if the device is away. */
  async function refresh(name: SourceName, signal: AbortSignal): Promise<Pick<OpenSide, 'asOf' | 'filters'>> {
    const row = inventories.find(name);
    const device = devices.find(name);
    if (!row || !device) {
      throw new VigieError('not-found', `source "${name.device}/${name.source}": the hub has never heard of it`);
    }
    const lastKnown = { asOf: row.reconciledAt ?? 0, filters: filtersIn(device, name.source) };
    if (device.presence === 'offline' || AWAY.has(device.status)) return lastKnown;
    let askedAt = clock.now();
    let told = await ask(name);
    // A device that has just been started for the first time has read its few files in a moment.
    for (let tries = 1; told?.rebuilding && tries < REBUILDING_TRIES; tries++) {
      await clock.sleep(REBUILDING_PAUSE_MS, signal);
      signal.throwIfAborted();
      askedAt = clock.now();
      told = await ask(name);
    }
    if (!told) return lastKnown;
    if (told.rebuilding) {
      throw new VigieError(
        'not-reconciled',
        `source "${name.source}": its device's ledger began anew, and does not have all files of the disk yet`,
        { retryable: true, hint: 'The device is reading them all: run the report again when it has ended.' },
      );
    }
    if (told.storage === 'absent') {
      throw new VigieError(
        'storage-absent',
        `source "${name.source}": its storage is absent on the device, which is not "0 files"`,
      );
    }
    if (told.slots) options.slotDays?.told(row, told.slots);
    const end = clock.monotonic() + REFRESH_LIMIT_MS;
    for (let asked = 0; ; ) {
      const now = inventories.find(name);
      if (now?.generation === told.generation && now.reconciled && now.seq >= told.seq) {
        inventories.confirmed(now, askedAt);
        return { asOf: null, filters: told.filters };
      }
      if (clock.monotonic() > end) {
        throw new VigieError(
          'not-reconciled',
          `source "${name.source}": the hub's inventory does not agree with the device's yet`,
          {
            retryable: true,
            hint: 'run the report again in a minute',
          },
        );
      }
      if (clock.monotonic() - asked > 5_000) {
        options.reconcile(name);
        asked = clock.monotonic();
      }
      await clock.sleep(100, signal);
      signal.throwIfAborted();
    }
  }

  async function* listWhole(
    remote: RemoteFolder,
    filter: ReportFilter,
    signal: AbortSignal,
    folderRead: (n: number) => void,
    held: ((path: string) => Entry | undefined) | undefined,
  ) {
    await using folder = remote;
    const narrowed = filter.fromDay !== undefined || filter.toDay !== undefined;
    // The root's own files belong to no day.
    const days = narrowed ? (await folder.days(signal)).filter((day) => mayHold(day, filter)) : undefined;
    const listed = folder.list({ ...(days && { days }), signal, onFolder: (_, entries) => folderRead(entries) });
    yield* held ? readBack(listed, held, (path) => folder.digest(path, signal)) : listed;
  }

  /** A destination whose list goes on from the last one. */
  function listable(
    { listings, fullEveryMs }: NonNullable<typeof kept>,
    { config, folder }: ReturnType<typeof destinationFolder>,
    filter: ReportFilter,
    full: boolean,
  ): ListableDestination {
    const place = placeOf(config, folder);
    return {
      before: () => shapesBefore(listings, place),
      async list(signal, folderRead) {
        await using remote = openRemote(config, folder, { stallMs: STALL_MS });
        return await listDestination({
          ...{ remote, place, listings, filter, full, fullEveryMs, clock, signal, folderRead },
        });
      },
    };
  }

  return {
    async open(side, filter, signal, held, full = false): Promise<OpenSide> {
      if (side.type === 'source') {
        const known = await refresh(side, signal);
        const row = inventories.find(side);
        if (!row) throw new VigieError('not-found', `source "${side.source}": it is gone`);
        return {
          ...known,
          entries: () => inventories.entries(row),
          now: (path) => inventories.entry(row, path),
          ...(kept && {
            shaped: () => ({ shapes: kept.shapes.of(row), entries: (bucket) => kept.shapes.entries(row, bucket) }),
          }),
        };
      }
      if (side.type === 'directory') return { asOf: null, entries: (s) => walk(side.path, { signal: s }) };
      const { config, folder } = destinationFolder(side, destinations);
      return {
        asOf: null,
        // A proof by digest reads everything anyway.
        ...(kept && !held && { listable: listable(kept, { config, folder }, filter, full) }),
        async look(paths, s) {
          const wanted = new Set(paths);
          const found = new Map<string, Entry>();
          await using remote = openRemote(config, folder, { stallMs: STALL_MS });
          const days = [...new Set(paths.map(bucketOf))];
          const listed = remote.list({ days, signal: s });
          const heldHere = (path: string) => (wanted.has(path) ? held?.(path) : undefined);
          for await (const entry of held ? readBack(listed, heldHere, (path) => remote.digest(path, s)) : listed) {
            if (wanted.has(entry.path)) found.set(entry.path, entry);
          }
          return found;
        },
        entries: (s, folderRead) =>
          listWhole(openRemote(config, folder, { stallMs: STALL_MS }), filter, s, folderRead, held),
      };
    },

    async explain(left, right, paths) {
      if (left.type !== 'source' || devices.find(left)?.presence !== 'online') return [];
      const all: Explanation[] = [];
      for (let i = 0; i < paths.length; i += EXPLAIN_AT_ONCE) {
        const args = {
          source: left.source,
          paths: paths.slice(i, i + EXPLAIN_AT_ONCE),
          ...(right.type === 'destination' && { destination: right.destination }),
        };
        const reply = await commander.send(left, 'explain', args, 'report', REFRESH_LIMIT_MS);
        const told = z.array(explanation).safeParse(reply.data);
        if (reply.status !== 'ok' || !told.success) return all;
        all.push(...told.data);
      }
      return all;
    },

    canSend(left, right) {
      if (left.type !== 'source' || right.type !== 'destination') return false;
      if (left.site !== right.site || left.device !== right.device || left.source !== right.source) return false;
      const device = devices.find(left);
      const source = device && stateOf(device)?.sources.find((s) => s.name === left.source);
      return source?.destinations.some((d) => d.name === right.destination) ?? false;
    },
  };
}

/** The filters of a source's destinations, as its device has last told them. */
function filtersIn(device: DeviceRow, source: string): Record<string, DestinationFilter> {
  const told = stateOf(device)?.sources.find(({ name }) => name === source)?.destinations ?? [];
  return Object.fromEntries(told.flatMap(({ name, filter }) => (filter ? [[name, filter] as const] : [])));
}
