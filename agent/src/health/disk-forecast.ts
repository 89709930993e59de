/** The free room of a disk at one time (ms since 1970). */
export type DiskSample = { at: number; freeBytes: number; freeInodes: number | null };

/**
 * What the last days say about the next: `growthBytesPerDay` is how much a day takes (0 or more), `daysLeft` when captures would have
 * to be skipped, or null where the disk does not fill up.
 */
export type DiskForecast = { growthBytesPerDay: number; daysLeft: number | null };

const DAY_MS = 86_400_000;
/** Two samples are a day apart when they are within this of it: agents restart, and looks are not to the minute. */
const TOLERANCE_MS = 2 * 3_600_000;
/** With fewer whole days to compare nothing is said. */
const DIFFERENCES_MIN = 6;
const DAYS_LEFT_MAX = 3650;

/**
 * Days until the free room is down to what `floor` tells. The growth is the median of all differences between samples one day apart: nights
 * and days weigh the same, and a burst or a clean-up of up to a few days does not move it. Undefined while less than a day and a
 * quarter is known. Samples of a clock that was wrong are passed over.
 */
export function forecast(
  samples: readonly DiskSample[],
  now: number,
  floor: { bytes: number; inodes: number },
): DiskForecast | undefined {
  const known = samples.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
  const last = known.at(-1);
  if (!last) return undefined;
  const bytes = medianGrowth(known, ({ freeBytes }) => freeBytes);
  if (bytes === undefined) return undefined;
  const inodes = medianGrowth(known, ({ freeInodes }) => freeInodes) ?? 0;
  const days = [
    daysUntil(last.freeBytes - floor.bytes, bytes),
    last.freeInodes === null ? null : daysUntil(last.freeInodes - floor.inodes, inodes),
  ].filter((value) => value !== null);
  return {
    growthBytesPerDay: Math.max(0, Math.round(bytes)),
    daysLeft: days.length === 0 ? null : Math.min(...days),
  };
}

function daysUntil(room: number, growthPerDay: number): number | null {
  if (growthPerDay <= 0) return null;
  const days = Math.max(0, room) / growthPerDay;
  return days > DAYS_LEFT_MAX ? null : Math.round(days * 10) / 10;
}

function medianGrowth(samples: readonly DiskSample[], free: (sample: DiskSample) => number | null): number | undefined {
  const differences: number[] = [];
  let from = 0;
  for (const to of samples) {
    while (from < samples.length && (samples[from] as DiskSample).at < to.at - DAY_MS - TOLERANCE_MS) from += 1;
    let nearest: DiskSample | undefined;
    for (let i = from; i < samples.length; i++) {
      const other = samples[i] as DiskSample;
      if (other.at > to.at - DAY_MS + TOLERANCE_MS) break;
      if (!nearest || Math.abs(to.at - DAY_MS - other.at) < Math.abs(to.at - DAY_MS - nearest.at)) nearest = other;
    }
    if (!nearest) continue;
    const [before, after] = [free(nearest), free(to)];
    if (before === null || after === null) continue;
    differences.push(((before - after) * DAY_MS) / (to.at - nearest.at));
  }
  if (differences.length < DIFFERENCES_MIN) return undefined;
  differences.sort((a, b) => a - b);
  const middle = differences.length >> 1;
  const upper = differences[middle] as number;
  return differences.length % 2 === 1 ? upper : (upper + (differences[middle - 1] as number)) / 2;
}
