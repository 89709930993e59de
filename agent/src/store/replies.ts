import type { Clock } from '@vigie/shared/kit/clock';
import { reply as replySchema } from '@vigie/shared/protocol/command';
import type { Message } from '@vigie/shared/protocol/messages';
import { desc, eq, sql } from 'drizzle-orm';
import type { Ledger } from './ledger.ts';
import { reply } from './schema.ts';

/** The last replies to commands, so that a command that comes twice is carried out once. */
export type Replies = {
  find(id: string): Message<'reply'> | undefined;
  keep(reply: Message<'reply'>): void;
};

const REPLIES_MAX = 1000;

export function createReplies(ledger: Ledger, clock: Clock): Replies {
  const { database } = ledger;
  return {
    find(id) {
      const row = database.select().from(reply).where(eq(reply.id, id)).get();
      return row && replySchema.parse(JSON.parse(row.payload));
    },
    keep(message) {
      database.transaction(() => {
        const payload = JSON.stringify(message);
        database.insert(reply).values({ id: message.id, at: clock.now(), payload }).onConflictDoNothing().run();
        const last = database.select({ row: sql`rowid` }).from(reply).orderBy(desc(sql`rowid`)).limit(REPLIES_MAX);
        database.delete(reply).where(sql`rowid not in ${last}`).run();
      });
    },
  };
}
