import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Entry } from '@vigie/shared/protocol/asset';

/** Files that are read back side by side: their bytes are hashed here, so that more would only share one processor. */
const AT_ONCE = 4;
/** What a server says of one file; every other fault is one of the side, and fails the report. */
const OF_THE_FILE: ReadonlySet<string> = new Set(['permission', 'path', 'server-failure']);

/**
 * A list with the digests of the bytes behind it, for every entry whose size is the one that the source holds under that path: the
 * others differ already. A file that cannot be read is told as unreadable, one that has gone meanwhile is left out. The order stays.
 *
 * @param held what the source holds under a path
 * @param digest reads one file back whole; throws `not-found` where there is none
 */
export async function* readBack(
  entries: AsyncIterable<Entry>,
  held: (path: string) => Entry | undefined,
  digest: (path: string) => Promise<{ size: number; sha256: string }>,
): AsyncGenerator<Entry> {
  const isToRead = ({ path, size }: Entry): boolean => {
    const known = held(path);
    return known?.sha256 !== undefined && known.size === size;
  };
  yield* readBackWhere(entries, isToRead, digest);
}

/** The same for whichever entries are to be read; what is unreadable is not. */
export async function* readBackWhere(
  entries: AsyncIterable<Entry>,
  isToRead: (entry: Entry) => boolean,
  digest: (path: string) => Promise<{ size: number; sha256: string }>,
): AsyncGenerator<Entry> {
  const read = async (entry: Entry): Promise<Entry | undefined> => {
    try {
      return { ...entry, ...(await digest(entry.path)) };
    } catch (error) {
      if (codeOf(error) === 'not-found') return undefined;
      if (!OF_THE_FILE.has(codeOf(error))) throw error;
      return { ...entry, unreadable: messageOf(error).slice(0, 500) };
    }
  };
  const ahead: Promise<Entry | undefined>[] = [];
  for await (const entry of entries) {
    const next = entry.unreadable === undefined && isToRead(entry) ? read(entry) : Promise.resolve(entry);
    // It is awaited in its turn; until then a failure is nobody's.
    next.catch(() => undefined);
    ahead.push(next);
    if (ahead.length < AT_ONCE) continue;
    const first = await ahead.shift();
    if (first) yield first;
  }
  for (const next of ahead) {
    const entry = await next;
    if (entry) yield entry;
  }
}
