import type { HubServices } from '../http/services.ts';
import type { JobStore } from '../store/jobs.ts';
import { jobDocument } from './job-document.ts';
import type { Resync } from './orders.ts';

const LISTED_MAX = 200;

/** Re-syncs as people see and order them, over HTTP and over MQTT. */
export const createJobList = (jobs: JobStore, resync: Pick<Resync, 'order' | 'waits'>): HubServices['jobs'] => ({
  list: () => jobs.recent(LISTED_MAX).map((row) => jobDocument(row, resync.waits(row))),
  get(id) {
    const row = jobs.find(id);
    return row && jobDocument(row, resync.waits(row));
  },
  order: (id, want, by) => jobDocument(resync.order(id, want, by)),
});
