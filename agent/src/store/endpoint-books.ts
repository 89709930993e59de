import { join } from 'node:path';
import { VigieError } from '@vigie/shared/kit/errors';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import type { Books, Intent } from '../watched-folder/books.ts';

/**
 * Books of watched folders that no ledger of pictures follows: what a job intended is remembered until the job is closed, and that is all.
 * They are kept by folder, so that an endpoint of another name finds what its predecessor has left.
 */
export type EndpointBooks = Disposable & {
  of(folder: string): FiledBooks;
  /** Has this folder been in use before? */
  known(folder: string): boolean;
  remember(folder: string): void;
  /**
   * Forgets intentions of jobs that are no more, which a crash between a job's end and its closing leaves. `staged` is asked once,
   * for the jobs that lie in stage now.
   */
  sweep(folder: string, staged: () => Promise<readonly string[]>): Promise<void>;
};

/**
 * Books that know of an open job whether its files had their places: whoever takes them from there (the next endpoint of a chain) may have done
 * so since. Durable where a place is absolute; else until the process ends.
 */
export type FiledBooks = Books & { isFiled(jobId: string): boolean };

const VERSION = 1;
const SCHEMA = `
  create table if not exists folder (path text primary key) without rowid;
  create table if not exists intent (
    id integer primary key,
    folder text not null,
    job text not null,
    intents text not null,
    filed integer not null default 0,
    unique (folder, job)
  );
`;

/** Opens the books in a folder of their own, durable: an intention is on disk when `intend` returns. */
export function openEndpointBooks(dataFolder: string): EndpointBooks {
  const path = join(dataFolder, 'endpoints.sqlite');
  const database = openDatabase(path);
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > VERSION) {
    database.close();
    throw new VigieError(
      'database',
      `open ${JSON.stringify(path)}: its version is ${version}, must be ${VERSION} or less`,
      {
        hint: 'It was written by a newer release.',
      },
    );
  }
  database.exec(SCHEMA);
  database.pragma(`user_version = ${VERSION}`);

  const put = database.prepare<[string, string, string]>(
    'insert into intent (folder, job, intents) values (?, ?, ?) on conflict (folder, job) do update set intents = excluded.intents, filed = 0',
  );
  const get = database.prepare<[string, string], { intents: string; filed: number }>(
    'select intents, filed from intent where folder = ? and job = ?',
  );
  const file = database.prepare<[string, string]>('update intent set filed = 1 where folder = ? and job = ?');
  const forget = database.prepare<[string, string]>('delete from intent where folder = ? and job = ?');
  const jobsOf = database.prepare<[string], { job: string }>('select job from intent where folder = ?');
  const find = database.prepare<[string], unknown>('select 1 from folder where path = ?');
  const add = database.prepare<[string]>('insert or ignore into folder (path) values (?)');

  /** Closed jobs: their rows go with the next commit, since one that a power cut brings back says nothing any more. */
  let closed: [folder: string, job: string][] = [];
  /** Open jobs of this process, by folder and id. */
  const filed = new Set<string>();
  const abroad = new Set<string>();
  const key = (folder: string, job: string) => `${folder}/${job}`;
  const flush = () => {
    for (const [folder, job] of closed) forget.run(folder, job);
    closed = [];
  };
  const commit = database.transaction((act: () => void) => {
    flush();
    act();
  });

  return {
    of: (folder) => ({
      intend(job, intents) {
        const text = JSON.stringify(intents.map((intent) => ({ ...intent, preview: null })));
        commit(() => put.run(folder, job, text));
        filed.delete(key(folder, job));
        if (intents.some(({ path }) => path.startsWith('/'))) abroad.add(key(folder, job));
      },
      intended(job) {
        if (closed.some(([of, id]) => of === folder && id === job)) return [];
        const row = get.get(folder, job);
        return row ? (JSON.parse(row.intents) as Intent[]).map((one) => ({ ...one, unreadable: one.unreadable })) : [];
      },
      filed(job) {
        filed.add(key(folder, job));
        if (abroad.has(key(folder, job))) commit(() => file.run(folder, job));
      },
      isFiled: (job) => filed.has(key(folder, job)) || get.get(folder, job)?.filed === 1,
      closed(job) {
        filed.delete(key(folder, job));
        abroad.delete(key(folder, job));
        closed.push([folder, job]);
        if (closed.length >= CLOSED_MAX) commit(() => undefined);
      },
      rejected: () => undefined,
    }),
    known: (folder) => find.get(folder) !== undefined,
    remember(folder) {
      add.run(folder);
    },
    async sweep(folder, staged) {
      // Asked for before the look at stage: what is intended meanwhile is not among them.
      const before = jobsOf.all(folder);
      if (before.length === 0) return;
      const there = new Set(await staged());
      commit(() => {
        for (const { job } of before) if (!there.has(job)) forget.run(folder, job);
      });
    },
    [Symbol.dispose]() {
      commit(() => undefined);
      database.close();
    },
  };
}

const CLOSED_MAX = 500;
