import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { Books, Intent } from '@vigie/agent/watched-folder/books';

export type Held = Pick<Intent, 'tree' | 'path' | 'size' | 'sha256' | 'unreadable' | 'capturedAt' | 'kind'>;
type Rejection = Parameters<Books['rejected']>[0];
type Entry =
  | { intend: readonly Intent[]; jobId: string }
  | { filed: string }
  | { closed: string }
  | { rejected: Rejection };

/** Books in an append-only file that is flushed with every entry; without a file, in memory alone. */
export type FileBooks = Books & {
  held(): Held[];
  /** Jobs that are not closed. */
  open(): string[];
  rejections(): Rejection[];
  dispose(): void;
};

export function createFileBooks(file?: string): FileBooks {
  const jobs = new Map<string, { intents: readonly Intent[]; filed: boolean }>();
  const held = new Map<string, Held>();
  const rejections: Rejection[] = [];

  function apply(entry: Entry): void {
    if ('intend' in entry) {
      const before = jobs.get(entry.jobId);
      if (before?.filed) throw new Error(`job ${entry.jobId} was filed at ${before.intents[0]?.path} already`);
      jobs.set(entry.jobId, { intents: entry.intend, filed: false });
    } else if ('filed' in entry) {
      const job = jobs.get(entry.filed);
      if (!job) throw new Error(`job ${entry.filed} was filed without an intention`);
      if (job.filed) return;
      for (const { tree, path, size, sha256, unreadable, capturedAt, kind } of job.intents) {
        if (held.has(`${tree}/${path}`)) throw new Error(`${tree}/${path} holds two assets`);
        held.set(`${tree}/${path}`, { tree, path, size, sha256, unreadable, capturedAt, kind });
      }
      job.filed = true;
    } else if ('closed' in entry) jobs.delete(entry.closed);
    else rejections.push(entry.rejected);
  }

  const known = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '';
  const whole = known.slice(0, known.lastIndexOf('\n') + 1);
  for (const line of whole.split('\n').filter(Boolean)) apply(JSON.parse(line) as Entry);
  // A torn last line was never acknowledged: it goes.
  if (file !== undefined && known.length > whole.length) truncateSync(file, Buffer.byteLength(whole));
  const descriptor = file === undefined ? undefined : openSync(file, 'a');

  function write(entry: Entry): void {
    apply(entry);
    if (descriptor === undefined) return;
    writeSync(descriptor, `${JSON.stringify(entry)}\n`);
    fsyncSync(descriptor);
  }

  return {
    intend: (jobId, intents) => write({ jobId, intend: intents.map((intent) => ({ ...intent, preview: null })) }),
    intended: (jobId) => [...(jobs.get(jobId)?.intents ?? [])],
    filed: (jobId) => write({ filed: jobId }),
    closed: (jobId) => write({ closed: jobId }),
    rejected: (rejected) => write({ rejected }),
    held: () => [...held.values()],
    open: () => [...jobs.keys()],
    rejections: () => rejections,
    dispose: () => descriptor !== undefined && closeSync(descriptor),
  };
}
