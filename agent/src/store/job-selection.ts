import { and, asc, eq, gt, lte, max, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import type { Takes } from './left-out.ts';
import { asset, delivery } from './schema.ts';

/** What a job selects, told by its order after unpacking. */
export type Selected = { all: boolean; days: readonly string[]; paths: readonly string[] };

/** An asset that a job selects, with its delivery to the job's destination where there is one. */
export type Chosen = {
  id: number;
  path: string;
  sort: string;
  size: number;
  capturedAt: number;
  delivery: string | null;
};

/**
 * How far a selection is read: everything up to the asset `after` (of all, or of the day number `day`), then the paths from number `path`.
 * Assets above `last` have come since it began, and are not in it.
 */
export type Cursor = { day: number; after: number; path: number; last: number };

/** A part of a selection; `cursor` is undefined behind its last one. `absent` paths are not held, or not taken there. */
export type Part = { assets: Chosen[]; absent: number; cursor: Cursor | undefined };

/** Reads what a job selects in parts of bounded size, so that nothing else has to wait for an archive. */
export type JobSelection = {
  first(): Cursor;
  /** At most `PART` assets. Each one that is selected comes once, however often it is named. */
  part(place: { source: string; destination: string }, selected: Selected, cursor: Cursor): Part;
};

const PART = 100;

export function createJobSelection({ database }: Ledger, takes: Takes): JobSelection {
  const given = (name: string) => sql.placeholder(name);
  const columns = {
    id: asset.id,
    path: asset.path,
    day: asset.day,
    source: asset.source,
    kind: asset.kind,
    isHeld: sql<number>`${asset.state} = 'held' and ${asset.tree} = 'result'`,
    size: asset.size,
    capturedAt: asset.capturedAt,
    delivery: delivery.state,
  };
  const read = () =>
    database
      .select(columns)
      .from(asset)
      .leftJoin(delivery, and(eq(delivery.assetId, asset.id), eq(delivery.destination, given('destination'))));
  const behind = and(gt(asset.id, given('after')), lte(asset.id, given('last')));
  const held = sql`${asset.state} = 'held'`;
  const ofSource = eq(asset.source, given('source'));
  const any = read().where(behind).orderBy(asc(asset.id)).limit(PART).prepare();
  const ofDay = read()
    .where(and(ofSource, held, eq(asset.day, given('day')), behind))
    .orderBy(asc(asset.id))
    .limit(PART)
    .prepare();
  const ofPath = read()
    .where(and(ofSource, held, eq(asset.tree, 'result'), eq(asset.path, given('path')), lte(asset.id, given('last'))))
    .prepare();
  type Row = ReturnType<typeof any.all>[number];

  return {
    first: () => {
      const last =
        database
          .select({ id: max(asset.id) })
          .from(asset)
          .get()?.id ?? 0;
      return { day: 0, after: 0, path: 0, last };
    },
    part({ source, destination }, { all, days, paths }, cursor) {
      const { day, after, path, last } = cursor;
      const isSelected = (row: Row) => row.source === source && row.isHeld === 1 && takes(destination, row.path);
      const chosen = ({ id, path, kind, size, capturedAt, delivery }: Row): Chosen => {
        return { ...{ id, path, size, capturedAt, delivery }, sort: `${source}/${kind}` };
      };
      const ofRows = (rows: Row[], then: Cursor): Part => {
        const lastRow = rows.at(-1);
        const next = rows.length === PART && lastRow ? { ...cursor, after: lastRow.id } : then;
        return { assets: rows.filter(isSelected).map(chosen), absent: 0, cursor: next };
      };
      if (day < (all ? 1 : days.length)) {
        const where = { source, destination, day: days[day], after, last };
        return ofRows((all ? any : ofDay).all(where), { ...cursor, day: day + 1, after: 0 });
      }
      const part: Part = { assets: [], absent: 0, cursor: undefined };
      const known = new Set(days);
      for (const name of paths.slice(path, path + PART)) {
        const row = ofPath.get({ source, destination, path: name, last });
        if (!row || !isSelected(row)) part.absent += 1;
        // It came with its day.
        else if (!all && !known.has(row.day)) part.assets.push(chosen(row));
      }
      if (path + PART < paths.length) part.cursor = { ...cursor, path: path + PART };
      return part;
    },
  };
}

/** Names that come twice count once. */
export const withoutRepeats = ({ all, days, paths }: Selected): Selected => {
  return { all, days: all ? [] : [...new Set(days)], paths: [...new Set(paths)] };
};
