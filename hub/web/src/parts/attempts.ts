import { useEffect, useState } from 'react';
import { isBelow, onTold } from '../api/told.ts';

/** About five minutes in all: by then a preview that was under way has come. */
const DELAYS_MS = [2_000, 4_000, 8_000, 16_000, 30_000, 60_000, 60_000, 60_000, 60_000];
/** After a live event: a preview that is on its way follows its picture. */
const TOLD_MS = 1_000;

/** How long after this many failures in a row the next attempt is; undefined when there is none any more. */
export const delayAfter = (failures: number): number | undefined => DELAYS_MS[failures - 1];

type State = 'trying' | 'resting' | 'here';
type Attempts = { url: string | null; failures: number; state: State };

export type Attempt = {
  /** Failures of this address so far. */
  readonly failures: number;
  /** `resting` between two attempts, and after the last. */
  readonly state: State;
  /** No attempt follows. */
  readonly isOver: boolean;
  readonly failed: () => void;
  readonly loaded: () => void;
};

/** Attempts to load an address: again after a while, sooner where the live stream tells of its source, and not for ever. */
export function useAttempts(url: string | null): Attempt {
  const [kept, setKept] = useState<Attempts>({ url, failures: 0, state: 'trying' });
  const { failures, state } = kept.url === url ? kept : { failures: 0, state: 'trying' as const };
  const delay = delayAfter(failures);
  useEffect(() => {
    if (state !== 'resting' || url === null || delay === undefined) return;
    const again = () => setKept({ url, failures, state: 'trying' });
    const timers = [window.setTimeout(again, delay)];
    const stop = onTold((key) => {
      if (timers.length === 1 && isBelow(url, key)) timers.push(window.setTimeout(again, TOLD_MS));
    });
    return () => {
      for (const timer of timers) window.clearTimeout(timer);
      stop();
    };
  }, [url, failures, state, delay]);
  return {
    failures,
    state,
    isOver: state === 'resting' && delay === undefined,
    failed: () => setKept({ url, failures: failures + 1, state: 'resting' }),
    loaded: () => setKept({ url, failures, state: 'here' }),
  };
}
