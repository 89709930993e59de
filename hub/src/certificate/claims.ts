import { stampedAt } from '@vigie/shared/kit/zone';
import type { Entry } from '@vigie/shared/protocol/asset';
import { compareRemarks, type Header, type Leaf, lineOf, type Remark, type SlotsOfDay } from './certificate.ts';
import { createMerkle } from './merkle.ts';

/** What the hub knows of one source's day. Times are ms since 1970. */
export type DayFacts = {
  site: string;
  device: string;
  source: string;
  generation: string;
  zone: string;
  /** `YYYYMMDD`. */
  day: string;
  agreedAt: number;
  seq: number;
  /** What was taken on the day, in the order of the paths' bytes; `knownAt` is since when the hub knows it so. */
  entries: readonly (Entry & { knownAt: number })[];
  /** What lies in the day's folder, and was taken on another day. */
  elsewhere: readonly { path: string; day: string }[];
  destinations: readonly { name: string; report: JudgingReport | null }[];
  slots: SlotsOfDay;
};

/** A completed report of the whole day at one destination. */
export type JudgingReport = {
  id: string;
  createdAt: number;
  completedAt: number;
  /** Did all that matched agree by digest? */
  byDigest: boolean;
  /** What was expected there, by the destination's own filter; absent: everything. */
  takes?: (path: string) => boolean;
  /** What of the day did not match. */
  unmatched: ReadonlyMap<string, { class: string; cause: string }>;
};

/** A certificate before it is signed: its lines, without newlines. */
export type Draft = {
  header: Header;
  leaves: string[];
  remarks: string[];
  /** No further report can say more of it: all that its destinations take was found there. */
  isSettled: boolean;
};

const CAUSE_CHARACTERS_MAX = 2000;
const FOUND = ['missing', 'differing', 'corrupt', 'unreadable'] as const;

/**
 * What can be certified of a day. An asset counts as proved at a destination only if the report is not older than the hub's knowledge of
 * it, and did not name it.
 */
export function draftOf(facts: DayFacts, issued: { at: number; publicKey: string }): Draft {
  const { site, device, source, generation, zone, day, agreedAt, seq } = facts;
  const sound = facts.entries.filter((e) => e.unreadable === undefined);
  const remarks = [...sourceRemarks(facts)];
  const destinations = facts.destinations.map(({ name, report }) => {
    const open = report === null ? [] : sound.flatMap((e) => remarkOf(name, report, e));
    remarks.push(...open);
    const without = new Set(open.map((r) => r.path));
    const proved = report === null ? [] : sound.filter((e) => !without.has(e.path));
    const judged = report && {
      id: report.id,
      createdAt: iso(report.createdAt),
      completedAt: iso(report.completedAt),
      proof: report.byDigest ? ('digest' as const) : ('size' as const),
    };
    return { name, report: judged, proved: { count: proved.length, bytes: bytesOf(proved) } };
  });

  const leafLines = sound.map((e) => lineOf(leafOf(e, zone)));
  const remarkLines = remarks.sort(compareRemarks).map(lineOf);
  const header: Header = {
    ...{ vigie: 'certificate', version: 2, site, device, source, generation, zone, day },
    issuedAt: iso(issued.at),
    inventory: { agreedAt: iso(agreedAt), seq },
    leaves: { count: leafLines.length, bytes: bytesOf(sound), root: rootOf(leafLines) },
    remarks: { count: remarkLines.length, root: rootOf(remarkLines) },
    destinations: destinations.sort((a, b) => (a.name < b.name ? -1 : 1)),
    publicKey: issued.publicKey,
    slots: facts.slots,
  };
  const isSettled =
    remarks.every(({ class: name }) => name === 'left-out') && destinations.every(({ report }) => report !== null);
  return { header, leaves: leafLines, remarks: remarkLines, isSettled };
}

function leafOf(entry: Entry, zone: string): Leaf {
  const capturedAt = entry.capturedAt ?? stampedAt(entry.path, zone);
  return {
    path: entry.path,
    size: entry.size,
    sha256: entry.sha256 ?? null,
    capturedAt: capturedAt === undefined ? null : iso(capturedAt),
  };
}

function* sourceRemarks({ entries, elsewhere }: DayFacts): Iterable<Remark> {
  for (const { path, unreadable } of entries) {
    if (unreadable !== undefined)
      yield { destination: null, class: 'unreadable', path, cause: cut(`unreadable at the source: ${unreadable}`) };
  }
  for (const { path, day } of elsewhere)
    yield { destination: null, class: 'other-day', path, cause: `taken on ${day}, by true time` };
}

function remarkOf(
  destination: string,
  report: JudgingReport,
  { path, knownAt }: DayFacts['entries'][number],
): Remark[] {
  if (knownAt > report.createdAt) {
    return [{ destination, class: 'unproved', path, cause: 'it became known after the report' }];
  }
  const found = report.unmatched.get(path);
  if (!found) {
    // Whether it is there all the same, the report does not tell.
    if (!report.takes || report.takes(path)) return [];
    return [{ destination, class: 'left-out', path, cause: "the destination's own filter leaves it out" }];
  }
  const known = FOUND.find((name) => name === found.class);
  return [{ destination, class: known ?? 'unproved', path, cause: cut(found.cause) }];
}

const cut = (cause: string): string => cause.slice(0, CAUSE_CHARACTERS_MAX).toWellFormed();
const iso = (ms: number): string => new Date(ms).toISOString();
const bytesOf = (entries: readonly Entry[]): number => entries.reduce((sum, e) => sum + e.size, 0);

function rootOf(lines: readonly string[]): string {
  const tree = createMerkle();
  for (const line of lines) tree.add(line);
  return tree.root();
}
