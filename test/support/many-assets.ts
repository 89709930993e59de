import type { Ledger } from '@vigie/agent/store/ledger';

/** Puts so many assets of the source `garden` into a ledger, 5,000 a day, with a delivery to `archive` in this state. */
export function fillWithAssets(
  { sqlite }: Ledger,
  count: number,
  state: 'verified' | 'pending',
  kinds = ['jpg'],
): void {
  sqlite.transaction(() => {
    sqlite
      .prepare(
        `with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
        insert into asset (source, state, tree, path, day, size, sha256, kind, captured_at, modified_at, created_at)
        select 'garden', 'held', 'result', printf('%08d/%d.jpg', 20260000 + i / 5000, i), printf('%08d', 20260000 + i / 5000),
          100, printf('%064x', i), json_extract(?, '$[' || cast(i % ? as integer) || ']'), i * 1000, i, i from n`,
      )
      .run(count, JSON.stringify(kinds), kinds.length);
    sqlite
      .prepare(
        `insert into delivery (asset_id, destination, state, lane, captured_at, sort, updated_at)
        select id, 'archive', ?, 'backfill', captured_at, source || '/' || kind, 1 from asset`,
      )
      .run(state);
  })();
}
