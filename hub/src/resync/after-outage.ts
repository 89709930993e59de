import type { DeviceState } from '@vigie/shared/protocol/messages';

/** One pair that has to be compared after an outage. */
export type Pair = { source: string; destination: string };

export type AfterOutage =
  /** Not yet: the reason, for the log. */
  | { do: 'wait'; because: string }
  /** Compare these pairs now. */
  | { do: 'report'; pairs: Pair[] }
  /** There is nothing to compare. */
  | { do: 'close' };

/**
 * What follows for a device that an outage has hit. Its own queue is left to drain first, since what is queued is on its way: a
 * report before that would only say so. A queue that has not moved for `stuckAfterMs` is reported as it is.
 */
export function afterOutage(facts: {
  presence: 'online' | 'late' | 'offline';
  state: DeviceState | null;
  /** Sources whose inventory at the hub agrees with the device's. */
  reconciled: ReadonlySet<string>;
  /** Destinations that the hub can list. */
  listable: ReadonlySet<string>;
  /** Since when the backlog has not shrunk. */
  unmovedMs: number;
  stuckAfterMs: number;
}): AfterOutage {
  const { presence, state, reconciled, listable } = facts;
  if (presence !== 'online' || state === null) return { do: 'wait', because: 'the device is not online' };
  const pairs = state.sources.flatMap((s) =>
    s.destinations.filter((d) => listable.has(d.name)).map((d) => ({ source: s.name, destination: d.name })),
  );
  if (pairs.length === 0) return { do: 'close' };
  const behind = state.sources.find((s) => !reconciled.has(s.name) && s.storage === 'present');
  if (behind) return { do: 'wait', because: `the inventory of ${behind.name} is not reconciled yet` };
  const backlog = state.sources.reduce((sum, s) => sum + s.destinations.reduce((n, d) => n + d.backlog.count, 0), 0);
  const patienceMs = backlog <= FRESH_MAX ? Math.min(FRESH_PATIENCE_MS, facts.stuckAfterMs) : facts.stuckAfterMs;
  if (backlog > 0 && facts.unmovedMs < patienceMs) {
    return { do: 'wait', because: `${backlog} deliveries are on their way` };
  }
  return { do: 'report', pairs };
}

/** A live source on a slow link always has a picture or two on its way: that is no backlog to wait for. */
const FRESH_MAX = 2;
const FRESH_PATIENCE_MS = 15_000;
