import type { z } from '@hono/zod-openapi';
import type { drill } from '../http/drill-schema.ts';
import type { HubServices } from '../http/services.ts';
import { type DrillRow, type DrillStore, figuresOf } from '../store/drills.ts';
import type { Drills } from './drills.ts';
import { deliveredOf } from './verdict.ts';

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A drill's sheet, as the HTTP API and replies show it. */
export function drillDocument(row: DrillRow): z.infer<typeof drill> {
  const { id, site, device, by, atDevice, forMs, state, missing, begunAt, returnedAt, greenAt } = row;
  const told = figuresOf(row);
  const isBack = told !== null && returnedAt !== null;
  return {
    ...{ id, site, device, by, atDevice, forMs, state, missing },
    orderedAt: isoOrNull(row.orderedAt) as string,
    begunAt: isoOrNull(begunAt),
    until: isoOrNull(begunAt === null ? null : begunAt + forMs),
    vanishedAt: isoOrNull(row.vanishedAt),
    returnedAt: isoOrNull(returnedAt),
    drainedAt: isoOrNull(row.drainedAt),
    greenAt: isoOrNull(greenAt),
    endedAt: isoOrNull(row.endedAt),
    offlineMs: told?.offlineMs ?? null,
    slots: told?.slots ?? null,
    captured: told?.captured ?? null,
    queued: told?.queued ?? null,
    delivered: isBack ? deliveredOf(row, told.queued.count) : null,
    greenAfterMs: greenAt === null || returnedAt === null ? null : Math.max(0, greenAt - returnedAt),
    reports: JSON.parse(row.reports),
    reasons: JSON.parse(row.reasons),
  };
}

/** Drills as people see and order them, over HTTP and over MQTT. */
export const createDrillList = (store: DrillStore, drills: Pick<Drills, 'start'>): HubServices['drills'] => ({
  start: (order, by) => drillDocument(drills.start(order, by)),
  list(chosen, limit) {
    const { total, rows } = store.list(chosen, limit);
    return { total, drills: rows.map(drillDocument) };
  },
  get(id) {
    const row = store.find(id);
    return row && drillDocument(row);
  },
});
