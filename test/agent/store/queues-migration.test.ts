import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../agent/drizzle');

/** Brings a database to where it was before the migration of this tag, with the record that the migrator keeps. */
function migrateBefore(database: ReturnType<typeof openDatabase>, tag: string): void {
  const journal = readFileSync(join(MIGRATIONS, 'meta/_journal.json'), 'utf8');
  const { entries } = JSON.parse(journal) as { entries: { tag: string; when: number }[] };
  database.exec('create table __drizzle_migrations (id serial primary key, hash text not null, created_at numeric)');
  const record = database.prepare('insert into __drizzle_migrations (hash, created_at) values (?, ?)');
  for (const entry of entries.slice(
    0,
    entries.findIndex((one) => one.tag === tag),
  )) {
    const text = readFileSync(join(MIGRATIONS, `${entry.tag}.sql`), 'utf8');
    for (const statement of text.split('--> statement-breakpoint')) database.exec(statement);
    record.run(entry.tag, entry.when);
  }
}

test('a ledger of an earlier version goes on with its backlog and its jobs', async () => {
  const folder = await tempFolder();
  const old = openDatabase(join(folder, 'ledger.sqlite'));
  migrateBefore(old, '0009_queues');
  const order = { id: 'j', type: 'resync', version: 1, want: 'run', createdAt: 1, expiresAt: 9e15, by: 'ada' };
  const selection = { source: 'garden', destination: 'archive', replace: false, all: true };
  old.exec(`
    insert into asset (id, source, state, tree, path, day, size, sha256, kind, captured_at, modified_at, created_at) values
      (1, 'garden', 'held', 'result', 'd/1.jpg', 'd', 100, 'a', 'jpg', 1, 1, 1),
      (2, 'garden', 'held', 'result', 'd/2.cr3', 'd', 200, 'b', 'raw', 2, 2, 2);
    insert into job (id, version, state, "order", total_count, total_bytes, updated_at)
      values ('j', 1, 'RUNNING', '${JSON.stringify({ ...order, selection })}', 2, 300, 1);
    insert into delivery (asset_id, destination, state, lane, captured_at, updated_at, job_id, not_before) values
      (1, 'archive', 'verified', 'backfill', 1, 1, 'j', 0), (2, 'archive', 'sending', 'backfill', 2, 1, 'j', 5);
  `);
  old.close();

  const { jobs, deliveries } = await testLedger(folder);
  expect(jobs.find('j')).toMatchObject({ done: { count: 1, bytes: 100 }, total: { count: 2 } });
  expect(jobs.settle()).toEqual([]);
  expect(deliveries.oldestAt('garden', 'archive')).toBe(2);
  expect(deliveries.claim('archive', ['backfill'])?.path).toBe('d/2.cr3');
});
