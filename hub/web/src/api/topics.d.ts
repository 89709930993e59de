import type { QueryKey } from '@tanstack/react-query';
import type { LiveEvent } from './documents.ts';
/** The query keys that a live event makes stale. A report's figures hold its jobs, so a job's change touches both. */
export declare function staleKeys({ topic }: Pick<LiveEvent, 'topic'>): QueryKey[];
