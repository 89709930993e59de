import { createHash } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import { asc, count, desc } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { audit } from './schema.ts';

/** What a person, or somebody who wants to be taken for one, did. `actor` is an e-mail address, `-` where there is none. */
export type Deed = {
  actor: string;
  /** The client's address as far as proxies are trusted; `local` for the command line, `mqtt` for an operator's command. */
  address: string;
  action: string;
  target: string;
  detail?: Record<string, string | number | boolean | null> | undefined;
};
export type AuditEntry = Required<Deed> & { id: number; at: number; hash: string };

/**
 * The append-only log of deeds. Each entry's hash is SHA-256 over the entry and the hash before it, so that an entry changed or
 * taken out later is noticed; entries cut off at the end are noticed by who has noted a later hash.
 */
export type Audit = {
  record(deed: Deed): void;
  /** Newest first. */
  list(offset: number, limit: number): { total: number; entries: AuditEntry[] };
  /** The id of the first entry that does not fit the chain, or undefined where all do. */
  verify(): number | undefined;
};

const START = '0'.repeat(64);
type Row = typeof audit.$inferSelect;

const hashOf = (row: Omit<Row, 'hash'>): string =>
  createHash('sha256')
    .update(JSON.stringify([row.previous, row.id, row.at, row.actor, row.address, row.action, row.target, row.detail]))
    .digest('hex');

export function createAudit(db: BetterSQLite3Database, clock: Clock): Audit {
  return {
    record({ actor, address, action, target, detail = {} }) {
      db.transaction(
        (tx) => {
          const last = tx.select().from(audit).orderBy(desc(audit.id)).limit(1).get();
          const row = {
            id: (last?.id ?? 0) + 1,
            at: Math.round(clock.now()),
            actor: actor.slice(0, 320),
            address,
            action,
            target: target.slice(0, 1000),
            detail: JSON.stringify(detail),
            previous: last?.hash ?? START,
          };
          tx.insert(audit)
            .values({ ...row, hash: hashOf(row) })
            .run();
        },
        { behavior: 'immediate' },
      );
    },

    list(offset, limit) {
      const rows = db.select().from(audit).orderBy(desc(audit.id)).limit(limit).offset(offset).all();
      const entries = rows.map(({ previous: _, detail, ...row }) => ({ ...row, detail: JSON.parse(detail) }));
      return { total: db.select({ n: count() }).from(audit).get()?.n ?? 0, entries };
    },

    verify() {
      let previous = START;
      let id = 1;
      for (;;) {
        const rows = db
          .select()
          .from(audit)
          .orderBy(asc(audit.id))
          .limit(1000)
          .offset(id - 1)
          .all();
        for (const row of rows) {
          if (row.id !== id || row.previous !== previous || row.hash !== hashOf(row)) return row.id;
          previous = row.hash;
          id += 1;
        }
        if (rows.length < 1000) return undefined;
      }
    },
  };
}
