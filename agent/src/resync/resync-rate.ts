import type { Pace } from '@vigie/shared/remote/remote-folder';

/** What the hub lets all re-syncs of this device send together, in bytes a second; kept, so that a restart keeps to it too. */
export type ResyncRate = {
  /** Undefined: no limit. */
  told(bytesPerSecond: number | undefined): void;
  pace: Pace;
};

export function createResyncRate(options: {
  stored: { read(): number | undefined; write(bytesPerSecond: number | undefined): void };
  /** Makes what lets bytes through at a rate that may change. */
  throttle: (rate: () => number | undefined) => Pace['up'];
}): ResyncRate {
  const { stored, throttle } = options;
  let rate = stored.read();
  return {
    told(bytesPerSecond) {
      if (bytesPerSecond === rate) return;
      rate = bytesPerSecond;
      stored.write(rate);
    },
    pace: { up: throttle(() => rate), down: throttle(() => rate) },
  };
}
