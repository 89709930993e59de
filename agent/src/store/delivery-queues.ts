import type { Kind } from '@vigie/shared/protocol/asset';
import type { Lane } from './deliveries.ts';

/**
 * One of the queues that a destination's deliveries wait in, from the column of this name: lane, put off or not, attempts so far (9: or more), thinned
 * or not, source and kind. All of a queue may go at the same hours, and in the order of their capture times.
 */
export type Queue = {
  name: string;
  lane: Lane;
  isPutOff: boolean;
  attempts: number;
  thinned: boolean;
  source: string;
  kind: Kind;
};

export function queueOf(name: string): Queue {
  const [lane, putOff, tried, thinned, source = '', kind] = name.split('/');
  return {
    name,
    lane: lane as Lane,
    isPutOff: putOff === '1',
    attempts: Number(tried),
    thinned: thinned === '1',
    source,
    kind: kind as Kind,
  };
}

/**
 * The queues of a lane in the order in which they go: those of the same rank together, by the capture times of what waits in them. What has
 * failed before goes last, the least often tried first: no file can keep the others waiting.
 */
export function ranked(queues: readonly Queue[], lane: Lane): Queue[][] {
  const ready = queues.filter((queue) => queue.lane === lane && !queue.isPutOff);
  const ranks = [...new Set(ready.map(({ attempts }) => attempts))].sort((a, b) => a - b);
  return ranks.map((rank) => ready.filter(({ attempts }) => attempts === rank));
}

/** The first ones of several lists that are in order already, in the same order. */
export function firstOf<T extends { capturedAt: number }>(lists: readonly T[][], lane: Lane, limit: number): T[] {
  if (lists.length <= 1) return lists[0] ?? [];
  const sign = lane === 'live' ? -1 : 1;
  return lists
    .flat()
    .sort((a, b) => sign * (a.capturedAt - b.capturedAt))
    .slice(0, limit);
}
