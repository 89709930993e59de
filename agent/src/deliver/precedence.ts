import { unlessAborted } from '@vigie/shared/remote/connection-pool';
import type { Pace } from '@vigie/shared/remote/remote-folder';
import type { Lane } from '../store/deliveries.ts';

/** Gives fresh pictures the whole link: while one is on its way to a destination, transfers of the backlog there pause. */
export type Precedence = {
  /** The pace of a transfer, from its beginning to its end. */
  begin(lane: Lane): { pace: Pace | undefined; end(): void };
  /** The pace of whatever gives way to fresh pictures. */
  readonly behind: Pace;
};

export function createPrecedence(pace: Pace | undefined): Precedence {
  let live = 0;
  let over = Promise.withResolvers<void>();

  async function wait(signal: AbortSignal | undefined): Promise<void> {
    while (live > 0) await unlessAborted(over.promise, signal);
  }
  const behind: Pace = {
    async up(bytes, signal) {
      await wait(signal);
      await pace?.up(bytes, signal);
    },
    async down(bytes, signal) {
      await wait(signal);
      await pace?.down(bytes, signal);
    },
  };

  return {
    behind,
    begin(lane) {
      if (lane === 'backfill') return { pace: behind, end: () => undefined };
      live += 1;
      return {
        pace,
        end() {
          live -= 1;
          if (live > 0) return;
          over.resolve();
          over = Promise.withResolvers<void>();
        },
      };
    },
  };
}
