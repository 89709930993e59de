import type { QueryKey } from '@tanstack/react-query';
import type { LiveEvent } from './documents.ts';

/** The query keys that a live event makes stale. A report's figures hold its jobs, so a job's change touches both. */
export function staleKeys({ topic }: Pick<LiveEvent, 'topic'>): QueryKey[] {
  switch (topic) {
    case 'fleet':
      return [['fleet']];
    case 'pictures':
      return [['pictures'], ['fleet']];
    case 'reports':
      return [['reports']];
    case 'jobs':
      return [['jobs'], ['reports', 'one'], ['reports', 'list']];
    case 'drills':
      return [['drills']];
    case 'activity':
      return [['activity']];
    default:
      return [];
  }
}
