import { TRANSFERS_PER_CONNECTION } from '@vigie/shared/remote/connection-pool';
import type { Claimed } from '../store/deliveries.ts';
import { CLAIMED_FOR_ONE, mayBegin, mayWait } from './admission.ts';

/**
 * The transfers to one destination: those under way, and those that are claimed ahead. These begin in the moment in which there is room,
 * without the ledger, so that one of its commits can tell the ends of several.
 */
export type Transfers = {
  /** May it be claimed, beside what is here and what is claimed together with it? */
  takes(next: Claimed, together: readonly Claimed[]): boolean;
  /** How many more could be claimed at most. */
  room(): number;
  add(claims: readonly Claimed[]): void;
  /** All its bytes are on their way: others may use the link. */
  sent(claimed: Claimed): void;
  /** Those that have not begun; they are not here any more. */
  recall(): Claimed[];
  readonly underWay: number;
  /** How many wait for room. */
  readonly ahead: number;
  /** When all that is under way has ended. */
  ended(): Promise<unknown>;
};

export function createTransfers(options: {
  /** Large files under way at once; of small ones a multiple (`admission.ts`). */
  workers: number;
  /** Carries one out; it never rejects. */
  carry: (claimed: Claimed) => Promise<void>;
  /** May what is claimed ahead still begin? */
  mayGoOn: () => boolean;
}): Transfers {
  const { workers, carry, mayGoOn } = options;
  const begun = new Map<Claimed, { work: Promise<void>; isSent: boolean }>();
  const underWay = () => [...begun].map(([{ lane, size }, { isSent }]) => ({ lane, size, isSent }));
  let ahead: Claimed[] = [];

  function begin(claimed: Claimed): void {
    // It begins a moment later, so that it cannot have ended before it counts as under way.
    const work = Promise.resolve()
      .then(() => carry(claimed))
      .finally(() => {
        begun.delete(claimed);
        if (mayGoOn()) beginAhead();
      });
    begun.set(claimed, { work, isSent: false });
  }

  function beginAhead(): void {
    for (let next = ahead[0]; next && mayBegin(next, underWay(), workers); next = ahead[0]) {
      ahead.shift();
      begin(next);
    }
  }

  return {
    takes(next, together) {
      const waiting = [...ahead, ...together];
      // A fresh picture goes before all of the backlog that has not begun.
      const before = next.lane === 'live' ? waiting.filter(({ lane }) => lane === 'live') : waiting;
      const soon = before.map(({ lane, size }) => ({ lane, size, isSent: false }));
      return mayBegin(next, [...underWay(), ...soon], workers) || mayWait(next, [...begun.keys(), ...before], workers);
    },
    room: () =>
      CLAIMED_FOR_ONE * workers * TRANSFERS_PER_CONNECTION -
      begun.size -
      ahead.filter(({ lane }) => lane === 'live').length,
    add(claims) {
      const all = [...ahead, ...claims];
      ahead = [...all.filter(({ lane }) => lane === 'live'), ...all.filter(({ lane }) => lane !== 'live')];
      beginAhead();
    },
    sent(claimed) {
      const transfer = begun.get(claimed);
      if (!transfer) return;
      transfer.isSent = true;
      if (mayGoOn()) beginAhead();
    },
    recall() {
      const recalled = ahead;
      ahead = [];
      return recalled;
    },
    get underWay() {
      return begun.size;
    },
    get ahead() {
      return ahead.length;
    },
    ended: () => Promise.all([...begun.values()].map(({ work }) => work)),
  };
}
