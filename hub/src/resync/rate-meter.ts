import type { Clock } from '@vigie/shared/kit/clock';

/** How fast deliveries have been lately, for estimates: bytes told as delivered over the time between. */
export type RateMeter = { seen(jobId: string, doneBytes: number): void; rate(): number | null };

/** Two reports of progress further apart than this say nothing about the speed between them. */
const GAP_MAX_MS = 10_000;

export function createRateMeter(clock: Clock): RateMeter {
  const last = new Map<string, { at: number; bytes: number }>();
  let smoothed: number | null = null;
  return {
    seen(jobId, doneBytes) {
      const now = clock.monotonic();
      const before = last.get(jobId);
      last.set(jobId, { at: now, bytes: doneBytes });
      if (!before || doneBytes <= before.bytes || now - before.at > GAP_MAX_MS || now - before.at < 50) return;
      const rate = ((doneBytes - before.bytes) * 1000) / (now - before.at);
      smoothed = smoothed === null ? rate : 0.7 * smoothed + 0.3 * rate;
      if (last.size > 100) last.clear();
    },
    rate: () => smoothed,
  };
}
