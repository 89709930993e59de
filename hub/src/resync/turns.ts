import { isFinal } from '@vigie/shared/protocol/messages';
import type { JobRow } from '../store/jobs.ts';

type Open = Pick<JobRow, 'site' | 'device' | 'state' | 'want' | 'createdAt'>;
export const deviceKey = ({ site, device }: { site: string; device: string }): string => `${site}/${device}`;

/**
 * Whose turn it is to run re-syncs, where not all devices may at once. Who has a turn keeps it until its jobs have ended, are paused, or
 * it is offline; a free one goes to the device with the oldest order. A device that runs one is counted whatever the limit says: it
 * was begun before, or by an operator at the device itself.
 *
 * @param had whose turn it was
 */
export function turnsOf(facts: {
  jobs: readonly Open[];
  isOnline: (key: string) => boolean;
  had: ReadonlySet<string>;
  devicesAtOnce: number | undefined;
}): Set<string> {
  const { had, devicesAtOnce = Number.POSITIVE_INFINITY } = facts;
  const waiting = new Map<string, number>();
  const running = new Set<string>();
  for (const job of facts.jobs) {
    const key = deviceKey(job);
    if (job.want !== 'run' || isFinal(job.state) || !facts.isOnline(key)) continue;
    waiting.set(key, Math.min(job.createdAt, waiting.get(key) ?? Number.POSITIVE_INFINITY));
    if (job.state === 'RUNNING') running.add(key);
  }
  const inOrder = [...waiting].sort(([, a], [, b]) => a - b).map(([key]) => key);
  const turns = new Set(running);
  for (const key of [...inOrder.filter((one) => had.has(one)), ...inOrder]) {
    if (turns.size >= devicesAtOnce) break;
    turns.add(key);
  }
  return turns;
}

/** Must this job wait for its device's turn? One that runs goes on, and one that is to pause or to end needs none. */
export const mustWait = ({ state, want }: Pick<JobRow, 'state' | 'want'>, isItsTurn: boolean): boolean =>
  want === 'run' && state !== 'RUNNING' && !isItsTurn;

/** What one device may send of the bandwidth of all. One that begins before it has a turn makes the parts smaller. */
export function shareOf(bandwidth: number | undefined, turns: ReadonlySet<string>, key: string): number | undefined {
  if (bandwidth === undefined) return undefined;
  return Math.max(1, Math.floor(bandwidth / (turns.has(key) ? turns.size : turns.size + 1)));
}
