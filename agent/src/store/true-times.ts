import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { type AssetRow, entryOf } from './assets.ts';
import type { Trust } from './captures.ts';
import type { Ledger } from './ledger.ts';
import type { Outbox } from './outbox.ts';
import { asset, capture, captureAsset, captureFile } from './schema.ts';

/** A capture whose time was told by a clock that was less believed than it is now. */
export type UnsureCapture = { id: number; slotAt: number; takenAt: number; bootMs: number; trust: Trust };

/** The true times of one source's pictures, beside those that a wrong clock has told. */
export type TrueTimes = {
  /** Does all of it or nothing. */
  together(work: () => void): void;
  /** Captures of this boot that were told with one of these grades of trust, oldest first. */
  unsure(bootId: string, grades: readonly Trust[]): UnsureCapture[];
  /** These were told right. */
  confirm(ids: readonly number[], trust: Trust): void;
  /** A capture was taken at another time than it told. */
  correct(id: number, trueAt: number, trust: Trust): void;
  /**
   * Gives pictures of corrected captures their true times: those that are filed, and of which it has not been told yet. `alias` makes the
   * name that such a picture would have had. Returns their number.
   */
  tell(alias: (trueAt: number, name: string) => string): number;
};

/** A picture's own time is the capture's, but for its name's whole seconds; else it comes from a camera that has a clock of its own. */
const SAME_CLOCK_MS = 5_000;

export function createTrueTimes({ database }: Ledger, source: string, outbox: Outbox): TrueTimes {
  const mine = eq(capture.source, source);
  return {
    together(work) {
      database.transaction(work);
    },
    unsure(bootId, grades) {
      if (grades.length === 0) return [];
      const { id, slotAt, takenAt, bootMs, trust } = capture;
      return database
        .select({ id, slotAt, takenAt, bootMs, trust })
        .from(capture)
        .where(and(mine, eq(capture.bootId, bootId), inArray(capture.trust, [...grades])))
        .orderBy(asc(capture.id))
        .all() as UnsureCapture[];
    },
    confirm(ids, trust) {
      database.transaction(() => {
        for (const id of ids) database.update(capture).set({ trust }).where(eq(capture.id, id)).run();
      });
    },
    correct(id, trueAt, trust) {
      database.update(capture).set({ trueAt, trust }).where(eq(capture.id, id)).run();
    },
    tell(alias) {
      return database.transaction(() => {
        const rows = database
          .select()
          .from(capture)
          .innerJoin(captureFile, eq(captureFile.captureId, capture.id))
          .innerJoin(captureAsset, eq(captureAsset.captureFileId, captureFile.id))
          .innerJoin(asset, eq(asset.id, captureAsset.assetId))
          .where(and(mine, sql`${capture.trueAt} is not null`, isNull(asset.trueAt), eq(asset.state, 'held')))
          .all();
        let told = 0;
        for (const row of rows) {
          const { takenAt, trueAt } = row.capture;
          if (takenAt === null || trueAt === null) continue;
          if (Math.abs(row.asset.capturedAt - takenAt) > SAME_CLOCK_MS) continue;
          retime(row.asset, row.asset.capturedAt + trueAt - takenAt, row.capture_file.id);
          told += 1;
        }
        return told;

        function retime(row: AssetRow, at: number, fileId: number): void {
          const name = alias(at, row.path.slice(row.path.lastIndexOf('/') + 1));
          database.update(asset).set({ trueAt: at }).where(eq(asset.id, row.id)).run();
          database.update(captureFile).set({ alias: name }).where(eq(captureFile.id, fileId)).run();
          const entry = entryOf({ ...row, trueAt: at });
          outbox.add({ type: 'time-corrected', source, entry, was: row.capturedAt, name });
        }
      });
    },
  };
}
