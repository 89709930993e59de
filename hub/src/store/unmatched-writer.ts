import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import type { Unmatched } from '@vigie/shared/protocol/report';
import { sql } from 'drizzle-orm';
import { unmatched } from './schema.ts';
import type { Store } from './store.ts';

/** One transaction takes no longer than about this, and has no more rows: everything else that the hub does waits for it. */
const PORTION_MS = 10;
const PORTION_ROWS_MAX = 1_000;
/** Rows between two looks at the time. */
const ROWS_AT_ONCE = 50;

/**
 * Writes the unmatched entries of a report that has not completed, a portion at a time, in place of those that an earlier attempt has
 * left. Nobody sees them before the report's state says that it has completed.
 *
 * @throws the signal's reason; what was written until then is left
 */
export async function writeUnmatched(
  { database, clock }: Pick<Store, 'database'> & { clock: Pick<Clock, 'monotonic'> },
  reportId: string,
  entries: readonly Unmatched[],
  isNew: (index: number) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const { placeholder } = sql;
  const insert = database
    .insert(unmatched)
    .values({
      reportId,
      n: placeholder('n'),
      class: placeholder('class'),
      path: placeholder('path'),
      sourceSize: placeholder('sourceSize'),
      destinationSize: placeholder('destinationSize'),
      cause: placeholder('cause'),
      action: placeholder('action'),
      isNew: placeholder('isNew'),
    })
    .prepare();
  const drop = sql`delete from ${unmatched} where report_id = ${reportId}
    and n in (select n from ${unmatched} where report_id = ${reportId} limit ${ROWS_AT_ONCE})`;

  /** Works on while there is time in this portion; true when there is more to do. */
  function portion(step: () => boolean): boolean {
    return database.transaction(() => {
      const end = clock.monotonic() + PORTION_MS;
      for (let rows = 0; rows < PORTION_ROWS_MAX && clock.monotonic() < end; rows += ROWS_AT_ONCE)
        if (!step()) return false;
      return true;
    });
  }
  async function whole(step: () => boolean): Promise<void> {
    while (portion(step)) {
      await nextTurn();
      signal?.throwIfAborted();
    }
  }

  await whole(() => database.run(drop).changes === ROWS_AT_ONCE);
  let next = 0;
  await whole(() => {
    const end = Math.min(next + ROWS_AT_ONCE, entries.length);
    for (; next < end; next++) {
      const { class: name, path, sourceSize, destinationSize, cause, action } = entries[next] as Unmatched;
      insert.run({ n: next, class: name, path, sourceSize, destinationSize, cause, action, isNew: isNew(next) });
    }
    return next < entries.length;
  });
}
