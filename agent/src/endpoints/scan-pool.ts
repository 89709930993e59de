/**
 * The threads on which all endpoints of a process look at their disks, shared fairly: calls wait in a line of their endpoint, and the
 * lines take turns. While there are several endpoints none holds more than half of the threads, so that a folder on a disk that
 * does not answer leaves the others their scans.
 */
export type ScanPool = {
  /** A line for one endpoint. */
  join(): ScanLine;
};
export type ScanLine = {
  /** The same disk, its short calls in this line. Calls that move whole files are not held up. */
  share<D extends object>(disk: D): D;
  leave(): void;
};

type Line = { waiting: (() => void)[]; running: number };

/** Calls that may take as long as a file is large: they are the jobs', whose number is limited by the settings. */
const LONG = new Set(['copyNew', 'digest', 'text', 'linkNew', 'syncFile', 'replaceWith', 'removeWork']);

export function createScanPool({ threads }: { threads: number }): ScanPool {
  const lines = new Set<Line>();
  let running = 0;

  function nextLine(): Line | undefined {
    const several = lines.size > 1;
    if (several && running >= threads) return undefined;
    const limit = several ? Math.max(1, Math.floor(threads / 2)) : Number.POSITIVE_INFINITY;
    for (const line of lines) if (line.waiting.length > 0 && line.running < limit) return line;
    return undefined;
  }

  /** Begins what may begin: each line in turn, from the one that has begun the longest time ago. */
  function pump(): void {
    for (let line = nextLine(); line; line = nextLine()) {
      lines.delete(line);
      lines.add(line);
      line.running += 1;
      running += 1;
      line.waiting.shift()?.();
    }
  }

  return {
    join() {
      const line: Line = { waiting: [], running: 0 };
      lines.add(line);
      async function turn<T>(act: () => Promise<T>): Promise<T> {
        // What a line that has left still has to do is held up by nobody.
        if (!lines.has(line)) return act();
        await new Promise<void>((resolve) => {
          line.waiting.push(resolve);
          pump();
        });
        try {
          return await act();
        } finally {
          line.running -= 1;
          running -= 1;
          pump();
        }
      }
      return {
        share<D extends object>(disk: D): D {
          const shared = Object.entries(disk).map(([name, call]) => [
            name,
            typeof call !== 'function' || LONG.has(name)
              ? call
              : (...args: unknown[]) => turn(() => (call as (...args: unknown[]) => Promise<unknown>)(...args)),
          ]);
          return Object.fromEntries(shared) as D;
        },
        leave() {
          lines.delete(line);
          for (const begin of line.waiting.splice(0)) {
            line.running += 1;
            running += 1;
            begin();
          }
          pump();
        },
      };
    },
  };
}
