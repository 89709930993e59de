import type { Clock } from '@vigie/shared/kit/clock';
import { reply as replySchema } from '@vigie/shared/protocol/command';
import type { Message } from '@vigie/shared/protocol/messages';
import { and, asc, desc, eq, isNotNull, notInArray, sql } from 'drizzle-orm';
import { operatorReply } from './schema.ts';
import type { Store } from './store.ts';

export type OperatorReply = { name: string; reply: Message<'reply'> };
/** A command that was accepted, and whose last answer comes when a report has ended. */
export type Awaiting = OperatorReply & { report: string; entries: number };

/** The newest answer to each of the last 1,000 commands that operators gave to the hub. */
export type OperatorReplies = {
  find(id: string): OperatorReply | undefined;
  /** Keeps an answer in place of an earlier one to the same command; it counts as not told. */
  keep(name: string, reply: Message<'reply'>, awaits?: { report: string; entries: number }): void;
  /** The broker has taken this answer; a newer one to the same command is still to be told. */
  told(reply: Message<'reply'>): void;
  /** Oldest first. */
  untold(): OperatorReply[];
  /** Commands whose report, or any report, is awaited. */
  awaiting(report?: string): Awaiting[];
};

const REPLIES_MAX = 1_000;

/** The same reply has one text, whatever the order of its keys. */
const textOf = (reply: Message<'reply'>): string => JSON.stringify(replySchema.parse(reply));

export function createOperatorReplies({ database }: Store, clock: Clock): OperatorReplies {
  const { id, at, payload, told, awaits } = operatorReply;
  const read = (row: typeof operatorReply.$inferSelect): OperatorReply => ({
    name: row.name,
    reply: replySchema.parse(JSON.parse(row.payload)),
  });
  return {
    find(wanted) {
      const row = database.select().from(operatorReply).where(eq(id, wanted)).get();
      return row && read(row);
    },
    keep(commandName, reply, awaited) {
      const values = {
        at: clock.now(),
        payload: textOf(reply),
        told: false,
        awaits: awaited?.report ?? null,
        entries: awaited?.entries ?? 0,
      };
      database.transaction(() => {
        database
          .insert(operatorReply)
          .values({ id: reply.id, name: commandName, ...values })
          .onConflictDoUpdate({ target: id, set: values })
          .run();
        const last = database.select({ id }).from(operatorReply).orderBy(desc(at), desc(sql`rowid`)).limit(REPLIES_MAX);
        database.delete(operatorReply).where(notInArray(id, last)).run();
      });
    },
    told(reply) {
      const same = and(eq(id, reply.id), eq(payload, textOf(reply)));
      database.update(operatorReply).set({ told: true }).where(same).run();
    },
    untold: () =>
      database.select().from(operatorReply).where(eq(told, false)).orderBy(asc(at), asc(sql`rowid`)).all().map(read),
    awaiting: (report) =>
      database
        .select()
        .from(operatorReply)
        .where(report === undefined ? isNotNull(awaits) : eq(awaits, report))
        .all()
        .map((row) => ({ ...read(row), report: row.awaits as string, entries: row.entries })),
  };
}
