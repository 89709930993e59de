import { EventEmitter, once } from 'node:events';

export type Level = 0 | 1;
/** One thing that happened: a line of the console, or an output that changed. `atMs` counts from the start. */
export type Entry = { atMs: number } & ({ text: string } | { line: number; level: Level });

/** Remembers what happens, and waits for what has not happened yet. Nothing between two waits is missed: each goes on where the last one ended. */
export class Journal {
  readonly entries: Entry[] = [];
  readonly #startedAt = performance.now();
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #positions = new Map<string, number>();
  #closed = false;

  add(what: { text: string } | { line: number; level: Level }): void {
    this.entries.push({ atMs: Math.round(performance.now() - this.#startedAt), ...what });
    this.#news.emit('news');
  }

  close(): void {
    this.#closed = true;
    this.#news.emit('news');
  }

  console(): string {
    return this.entries.flatMap((entry) => ('text' in entry ? [entry.text] : [])).join('\n');
  }

  /** The next entry that matches, for this reader. Rejects when none comes within the limit, with the end of the console. */
  async next<E extends Entry>(reader: string, matches: (entry: Entry) => entry is E, what: string, withinMs: number) {
    const deadline = AbortSignal.timeout(withinMs);
    for (;;) {
      for (let i = this.#positions.get(reader) ?? 0; i < this.entries.length; i++) {
        this.#positions.set(reader, i + 1);
        const entry = this.entries[i] as Entry;
        if (matches(entry)) return entry;
      }
      const fail = (is: string) =>
        new Error(`wait for ${what}: ${is}; the guest's last words:\n${this.console().slice(-3000)}`);
      if (this.#closed) throw fail('the guest has ended');
      await once(this.#news, 'news', { signal: deadline }).catch(() => {
        throw fail(`it did not come within ${withinMs} ms`);
      });
    }
  }

  /** What a reader has not taken yet is passed over. */
  forget(reader: string): void {
    this.#positions.set(reader, this.entries.length);
  }
}
