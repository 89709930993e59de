import { Cron } from 'croner';
import { z } from 'zod';

/** A cron pattern in configuration: minute hour day month weekday, with a field for seconds in front where it has six. */
export const cronPattern = z.string().refine((text) => {
  try {
    new Cron(text, { paused: true });
    return true;
  } catch {
    return false;
  }
}, 'a cron pattern is allowed: (second) minute hour day month weekday');

type Runs = { cron: Cron; asked: number; told: number | undefined };
const patterns = new Map<string, Runs>();

/**
 * The first run of a pattern after an instant (ms since 1970), or undefined when none follows. A pattern with one time a day
 * runs once on each day: at the first of two equal times of day, and at the end of a gap that its time falls into.
 *
 * @param pattern as `cronPattern` takes it
 * @param zone IANA zone in which the pattern tells time
 */
export function nextCronRun(pattern: string, zone: string, after: number): number | undefined {
  const key = `${zone} ${pattern}`;
  const runs = patterns.get(key) ?? {
    cron: new Cron(pattern, { timezone: zone, paused: true }),
    asked: Infinity,
    told: undefined,
  };
  patterns.set(key, runs);
  // A search is long where runs are rare: the answer holds until the run that it names.
  const { asked, told } = runs;
  if (after >= asked && after < (told ?? Infinity)) return told;
  runs.asked = after;
  runs.told = runs.cron.nextRun(new Date(after))?.getTime();
  return runs.told;
}
