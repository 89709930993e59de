import type { Entry } from '@vigie/shared/protocol/asset';

/** What a side is told to, asset by asset. A million of them come this way: what is usual has a short way of its own. */
export type SideSink = {
  /**
   * A sound file. `folder` is empty or ends in `/`, `name` holds no `/`; `modifiedAt` in ms since 1970 and `sha256` (64 hexadecimal digits)
   * where they are known.
   */
  file(folder: string, name: string, size: number, modifiedAt?: number, sha256?: string): void;
  /** Anything: what is unreadable, what was purged, or what is at hand in this form. */
  entry(entry: Entry): void;
};

/** Tells entries alone, to whoever needs no more. */
export function entriesTo(tell: (entry: Entry) => void): SideSink {
  return {
    entry: tell,
    file(folder, name, size, modifiedAt, sha256) {
      tell({
        path: folder + name,
        size,
        ...(sha256 !== undefined && { sha256 }),
        ...(modifiedAt !== undefined && { modifiedAt }),
      });
    },
  };
}

/** Tells on what is wanted, and nothing else. */
export function filteredSink(sink: SideSink, wanted: (entry: Pick<Entry, 'path'>) => boolean): SideSink {
  return {
    entry(entry) {
      if (wanted(entry)) sink.entry(entry);
    },
    file(folder, name, size, modifiedAt, sha256) {
      if (wanted({ path: folder + name })) sink.file(folder, name, size, modifiedAt, sha256);
    },
  };
}

/** Where a path is parted into folder and name. */
export const nameAt = (path: string): number => path.lastIndexOf('/') + 1;
