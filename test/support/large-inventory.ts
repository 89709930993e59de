import { hash } from 'node:crypto';
import { bucketOf, type Entry } from '@vigie/shared/protocol/asset';
import { type Bucket, entryDigest } from '@vigie/shared/protocol/inventory';
import type Database from 'better-sqlite3';

const FIRST_DAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
export const A_DAY = 288;

/** The `n`th picture of a camera that takes one every five minutes, from the first of January 2024 on. */
export function pictureEntry(n: number): Entry {
  const at = FIRST_DAY + Math.floor(n / A_DAY) * DAY_MS + (n % A_DAY) * (DAY_MS / A_DAY);
  const stamp = new Date(at).toISOString().replace(/\D/g, '').slice(0, 14);
  const sha256 = hash('sha256', `picture ${n}`);
  const size = 4_000_000 + (Number.parseInt(sha256.slice(0, 5), 16) % 1_000_000);
  return { path: `${stamp.slice(0, 8)}/${stamp}.jpg`, size, sha256, modifiedAt: at + 1500 };
}

/** Puts assets into a ledger as `source`, all in one transaction, as if each had been filed. */
export function fillLedger(sqlite: Database.Database, source: string, entries: readonly Entry[]): void {
  sqlite.transaction(() => {
    const add = inserter(sqlite, 'asset', [
      ...[
        'source',
        'state',
        'tree',
        'path',
        'day',
        'size',
        'sha256',
        'kind',
        'captured_at',
        'modified_at',
        'created_at',
      ],
    ]);
    for (const { path, size, sha256, modifiedAt } of entries)
      add(source, 'held', 'result', path, bucketOf(path), size, sha256, 'jpg', modifiedAt, modifiedAt, modifiedAt);
    inserter(sqlite, 'source', ['name', 'seq'])(source, entries.length);
    const put = inserter(sqlite, 'bucket', ['source', 'day', 'count', 'bytes', 'digest']);
    for (const { day, count, bytes, digest } of figures(entries)) put(source, day, count, bytes, digest);
  })();
}

/** Puts the entries into a hub's database as its first source, as it knows them at change `seq` of the device's ledger. */
export function fillHub(
  sqlite: Database.Database,
  {
    site,
    device,
    source,
    generation,
    seq,
  }: Record<'site' | 'device' | 'source' | 'generation', string> & { seq: number },
  entries: readonly Entry[],
): void {
  sqlite.transaction(() => {
    inserter(sqlite, 'source', ['id', 'site', 'device', 'name', 'generation', 'seq'])(
      ...[1, site, device, source, generation, seq],
    );
    const add = inserter(sqlite, 'entry', ['source_id', 'path', 'bucket', 'day', 'size', 'sha256', 'modified_at']);
    for (const { path, size, sha256, modifiedAt } of entries)
      add(1, path, bucketOf(path), bucketOf(path), size, sha256, modifiedAt);
    const put = inserter(sqlite, 'bucket', ['source_id', 'day', 'count', 'bytes', 'digest']);
    for (const { day, count, bytes, digest } of figures(entries)) put(1, day, count, bytes, digest);
  })();
}

function figures(entries: Iterable<Entry>): Bucket[] {
  const days = new Map<string, { count: number; bytes: number; digest: bigint }>();
  for (const e of entries) {
    const day = bucketOf(e.path);
    const sum = days.get(day) ?? { count: 0, bytes: 0, digest: 0n };
    days.set(day, sum);
    sum.count += 1;
    sum.bytes += e.size;
    sum.digest ^= BigInt(`0x${entryDigest(e)}`);
  }
  return [...days].map(([day, { count, bytes, digest }]) => ({
    ...{ day, count, bytes, digest: digest.toString(16).padStart(64, '0') },
  }));
}

/** An insert of one row, prepared once. */
function inserter(sqlite: Database.Database, table: string, columns: readonly string[]): (...row: unknown[]) => void {
  const places = columns.map(() => '?').join(', ');
  const insert = sqlite.prepare(`INSERT INTO "${table}" (${columns.join(', ')}) VALUES (${places})`);
  return (...row) => void insert.run(row);
}
