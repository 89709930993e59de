import { VigieError } from '@vigie/shared/kit/errors';
import { bucketOf } from '@vigie/shared/protocol/asset';
import { takenBy, toldFilter } from '@vigie/shared/protocol/destination-filter';
import type { CertifiedDays, CompletedReport } from '../store/certified-days.ts';
import { type Devices, stateOf } from '../store/devices.ts';
import type { Inventories, SourceName, SourceRow } from '../store/inventories.ts';
import type { SlotsOfDay } from './certificate.ts';
import type { DayFacts, JudgingReport } from './claims.ts';
import { dayEnd } from './day.ts';

/** Where the facts of certificates come from. */
export type Books = {
  days: CertifiedDays;
  devices: Devices;
  inventories: Inventories;
  /** Which paths the filter of a report (as JSON) lets through. */
  covers: (filter: string) => (entry: { path: string }) => boolean;
};

/** A source of which certificates can be made: its zone, and where it delivers to. */
export type CertifiableSource = { row: SourceRow; zone: string; destinations: string[]; isScheduled: boolean };

/** Finds a source and what its device has told of it. Throws `not-found`, or `not-reconciled` where it has told nothing yet. */
export function certifiableSource({ devices, inventories }: Books, name: SourceName): CertifiableSource {
  const row = inventories.find(name);
  const device = devices.find(name);
  if (!row || !device) throw new VigieError('not-found', `source "${textOf(name)}": the hub has never heard of it`);
  const told = stateOf(device)?.sources.find((s) => s.name === name.source);
  if (!told) {
    throw new VigieError('not-reconciled', `source "${textOf(name)}": its device has not told its state`, {
      hint: 'Wait until the device has been online once with this source.',
    });
  }
  return {
    row,
    zone: told.zone,
    destinations: told.destinations.map((d) => d.name),
    isScheduled: told.slots !== undefined,
  };
}

/**
 * What is known of one day, as of one instant. Throws `conflict` for a day that is not over, `not-reconciled` where the device has not
 * confirmed the hub's inventory since the day was over.
 */
export function readDay(books: Books, name: SourceName, day: string, now: number): DayFacts {
  const { days } = books;
  return days.atOnce(() => {
    const source = certifiableSource(books, name);
    const { row, zone, destinations } = source;
    const end = dayEnd(day, zone);
    if (now < end) {
      throw new VigieError(
        'conflict',
        `certify ${day} of "${textOf(name)}": the day is over at ${iso(end)}, not before`,
      );
    }
    if (!agreesSince(row, end)) throw notReconciled(name, day, row, end);
    const entries = days.entries(row, day);
    return {
      ...{ site: row.site, device: row.device, source: row.name, generation: row.generation, zone, day },
      ...{ agreedAt: row.confirmedAt ?? end, seq: row.seq, entries, elsewhere: days.elsewhere(row, day) },
      slots: slotsOf(days, source, day),
      destinations: destinations.map((destination) => {
        // A report that knew the day from an earlier list has not looked for it: the one that did is asked.
        const found = days.reports(name, destination).find((r) => {
          const isCovered = books.covers(r.filter);
          return entries.every((e) => isCovered(e) && !r.keptDays.has(bucketOf(e.path)));
        });
        return { name: destination, report: found ? judging(days, found, row, day) : null };
      }),
    };
  });
}

/** What was expected of a day, as far as the device has told. */
export function slotsOf(
  { slots }: Pick<CertifiedDays, 'slots'>,
  { row, isScheduled }: Pick<CertifiableSource, 'row' | 'isScheduled'>,
  day: string,
): SlotsOfDay {
  const told = slots(row, day);
  if (!told) return isScheduled ? 'unknown' : 'none';
  const taken = told.delivered + told.captured;
  const failed = told.failed + told.unreadable;
  return { expected: taken + failed + told.off, taken, failed, off: told.off, excluded: told.excluded };
}

/** Has the device confirmed the hub's inventory after this instant, and do both still agree? */
export const agreesSince = (row: SourceRow, instant: number): boolean =>
  row.reconciled && row.confirmedAt !== null && row.confirmedAt >= instant;

function judging(
  days: CertifiedDays,
  { id, createdAt, completedAt, byDigest, taken }: CompletedReport,
  row: SourceRow,
  day: string,
): JudgingReport {
  const takes = takenBy(taken === null ? undefined : toldFilter.parse(JSON.parse(taken)));
  return { id, createdAt, completedAt, byDigest, takes, unmatched: days.unmatched(id, row, day) };
}

function notReconciled(name: SourceName, day: string, row: SourceRow, end: number): VigieError {
  const last = row.confirmedAt === null ? 'never' : `last at ${iso(row.confirmedAt)}`;
  const state = row.reconciled ? last : `${last}, and they disagree now`;
  return new VigieError(
    'not-reconciled',
    `certify ${day} of "${textOf(name)}": its device confirmed the hub's inventory ${state}, must confirm it after ${iso(end)}`,
    {
      retryable: true,
      hint: 'The device must have been online since the day was over: a sync report of the source asks it, and the hub does each day.',
    },
  );
}

const textOf = ({ site, device, source }: SourceName): string => `${site}/${device}/${source}`;
const iso = (ms: number): string => new Date(ms).toISOString();
