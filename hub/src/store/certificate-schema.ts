import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** The part of the hub's database that certificates are made by; see `schema.ts`. */

/** What a device has told of the slots of a day that was over, as JSON. */
export const slotDay = sqliteTable(
  'slot_day',
  { sourceId: integer().notNull(), day: text().notNull(), figures: text().notNull() },
  (t) => [primaryKey({ columns: [t.sourceId, t.day] })],
);

/** Days that were looked at for a certificate, with what they were then: what is unchanged gets no second one. */
export const certifiedDay = sqliteTable(
  'certified_day',
  {
    sourceId: integer().notNull(),
    day: text().notNull(),
    /** The day's entries in figures. */
    figures: text().notNull(),
    /** The reports that its destinations were judged by. */
    reports: text().notNull(),
    /** Was every asset proved at every destination? */
    whole: integer({ mode: 'boolean' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.sourceId, t.day] })],
);
