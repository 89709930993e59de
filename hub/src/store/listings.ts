import { gunzipSync, gzipSync } from 'node:zlib';
import type { Entry } from '@vigie/shared/protocol/asset';
import { and, asc, eq } from 'drizzle-orm';
import type { Shape } from '../report/shape.ts';
import { listedFolder } from './schema.ts';
import type { Store } from './store.ts';

/** A folder of a destination as it was last read; times are ms since 1970. `schema.ts` has the words. */
export type KnownFolder = Omit<typeof listedFolder.$inferSelect, 'place' | 'shape' | 'entries'> & { shape: Shape };

/** What listings of destinations found, folder by folder. `place` is a destination's address with a source's folder. */
export type Listings = {
  folders(place: string): KnownFolder[];
  /** The entries of a bucket's folders. */
  entries(place: string, bucket: string): Entry[];
  /** Puts folders in place of what was known of them. */
  put(place: string, folders: readonly (KnownFolder & { entries: readonly Entry[] })[]): void;
  /** Says when folders were listed. */
  confirm(place: string, folders: readonly Pick<KnownFolder, 'path' | 'listedAt'>[]): void;
  forget(place: string, paths: readonly string[]): void;
};

/** Little is gained by more, and the list waits for it. */
const LEVEL = 1;

export function createListings({ database }: Store): Listings {
  const columns = {
    path: listedFolder.path,
    bucket: listedFolder.bucket,
    mark: listedFolder.mark,
    modifiedAt: listedFolder.modifiedAt,
    seenAt: listedFolder.seenAt,
    listedAt: listedFolder.listedAt,
    isLeaf: listedFolder.isLeaf,
    shape: listedFolder.shape,
  };
  const at = (place: string, path: string) => and(eq(listedFolder.place, place), eq(listedFolder.path, path));
  return {
    folders: (place) =>
      database
        .select(columns)
        .from(listedFolder)
        .where(eq(listedFolder.place, place))
        .all()
        .map((row) => ({ ...row, shape: JSON.parse(row.shape) as Shape })),
    entries: (place, bucket) =>
      database
        .select({ entries: listedFolder.entries })
        .from(listedFolder)
        .where(and(eq(listedFolder.place, place), eq(listedFolder.bucket, bucket)))
        .orderBy(asc(listedFolder.path))
        .all()
        .flatMap(({ entries }) => JSON.parse(gunzipSync(entries).toString()) as Entry[]),
    put(place, folders) {
      database.transaction(() => {
        for (const { shape, entries, ...folder } of folders) {
          const packed = gzipSync(JSON.stringify(entries), { level: LEVEL });
          const values = { ...folder, shape: JSON.stringify(shape), entries: packed };
          database
            .insert(listedFolder)
            .values({ place, ...values })
            .onConflictDoUpdate({ target: [listedFolder.place, listedFolder.path], set: values })
            .run();
        }
      });
    },
    confirm(place, folders) {
      database.transaction(() => {
        for (const { path, listedAt } of folders) {
          database.update(listedFolder).set({ listedAt }).where(at(place, path)).run();
        }
      });
    },
    forget(place, paths) {
      database.transaction(() => {
        for (const path of paths) database.delete(listedFolder).where(at(place, path)).run();
      });
    },
  };
}
