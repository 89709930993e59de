import { isNarrowed, reportFilter } from '../report/filter.ts';
import { filteredSink, nameAt, type SideSink } from '../report/side-sink.ts';
import { createLineReader, openInventory } from './inventory-file.ts';
import type { SideOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { faultOf } from './read-side.ts';
import type { Side } from './side.ts';

/** The entries of a saved inventory one after the other, a block of the file at a time. */
export type OrderedRows = AsyncDisposable & {
  /** Reads on until there is a row, or the file has ended. Throws as `readSide` does. */
  fill(): Promise<void>;
  /** Rows that are read and not taken. */
  readonly left: number;
  readonly isEnded: boolean;
  /** Did some row not come after the one before it, by folder and name? */
  readonly isDisordered: boolean;
  // The present row.
  readonly folder: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string | undefined;
  /** It has more to say than a sound file: `tellTo` tells it. */
  readonly isOdd: boolean;
  next(): void;
  /** Tells the present row, and goes on to the next. */
  tellTo(sink: SideSink): void;
};

type Row = { folder: string; name: string; size: number; sha256: string | undefined; tell?: (sink: SideSink) => void };

const NONE: Row = { folder: '', name: '', size: 0, sha256: undefined };

export function openRows(
  side: Extract<Side, { type: 'local' }>,
  { filter }: SideOptions,
  progress: Progress,
): OrderedRows {
  const bytes = openInventory(side.path);
  const blocks = bytes.blocks[Symbol.asyncIterator]();
  let rows: Row[] = [];
  let at = 0;
  let row = NONE;
  let last: Row | undefined;
  let isEnded = false;
  let isDisordered = false;

  function add(added: Row): void {
    if (last !== undefined && !isAfter(added, last)) isDisordered = true;
    last = added;
    rows.push(added);
  }
  const collected: SideSink = {
    file: (folder, name, size, _modifiedAt, sha256) => add({ folder, name, size, sha256 }),
    entry(entry) {
      const cut = nameAt(entry.path);
      const { size, sha256 } = entry;
      add({
        folder: entry.path.slice(0, cut),
        name: entry.path.slice(cut),
        size,
        sha256,
        tell: (to) => to.entry(entry),
      });
    },
  };
  const reader = createLineReader(isNarrowed(filter) ? filteredSink(collected, reportFilter(filter)) : collected);

  return {
    async fill() {
      try {
        while (at === rows.length && !isEnded) {
          rows = [];
          at = 0;
          const { done, value } = await blocks.next();
          if (done) {
            reader.end();
            isEnded = true;
          } else reader.take(value);
        }
      } catch (error) {
        throw faultOf(side, progress, bytes.fault(error));
      }
      progress.entries += rows.length - at;
      row = rows[at] ?? NONE;
    },
    get left() {
      return rows.length - at;
    },
    get isEnded() {
      return isEnded && at === rows.length;
    },
    get isDisordered() {
      return isDisordered;
    },
    get folder() {
      return row.folder;
    },
    get name() {
      return row.name;
    },
    get size() {
      return row.size;
    },
    get sha256() {
      return row.sha256;
    },
    get isOdd() {
      return row.tell !== undefined;
    },
    next() {
      at += 1;
      row = rows[at] ?? NONE;
    },
    tellTo(sink) {
      if (row.tell) row.tell(sink);
      else sink.file(row.folder, row.name, row.size, undefined, row.sha256);
      this.next();
    },
    [Symbol.asyncDispose]: () => bytes[Symbol.asyncDispose](),
  };
}

const isAfter = (row: Row, before: Row): boolean =>
  row.folder === before.folder ? row.name > before.name : row.folder > before.folder;
