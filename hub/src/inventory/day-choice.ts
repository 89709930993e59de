import type { Bucket } from '@vigie/shared/protocol/inventory';

/** Below so many entries a day costs less whole than the questions about what differs in it. */
const SMALL_DAY = 8;
/** A day that changes between the questions about it is asked for whole after so many rounds. */
const FINE_ROUNDS_MAX = 2;
/** What one question about days may mean to read, on both sides: some tenths of a second, and some megabytes. */
const ENTRIES_AT_ONCE = 20_000;

/** Days that differ, by how they are asked for. */
export type DayChoice = { fine: string[]; whole: string[] };

/** Fine where both sides have much of the day, whole otherwise. `counts` is what each side has, `rounds` how often it was tried. */
export function chooseDays(
  days: readonly string[],
  options: {
    isFiner: boolean;
    own: ReadonlyMap<string, Pick<Bucket, 'count'>>;
    told: ReadonlyMap<string, number>;
    rounds: ReadonlyMap<string, number>;
  },
): DayChoice {
  const { isFiner, own, told, rounds } = options;
  const isFine = (day: string) =>
    isFiner &&
    (told.get(day) ?? 0) > SMALL_DAY &&
    (own.get(day)?.count ?? 0) * 2 > (told.get(day) ?? 0) &&
    (rounds.get(day) ?? 0) < FINE_ROUNDS_MAX;
  return { fine: days.filter(isFine), whole: days.filter((day) => !isFine(day)) };
}

/** How many of these days, from the first on, one question is about: at least one. */
export function daysAtOnce(days: readonly string[], countOf: (day: string) => number, daysMax: number): number {
  let entries = 0;
  let at = 0;
  while (at < Math.min(days.length, daysMax)) {
    entries += countOf(days[at] as string);
    if (at > 0 && entries > ENTRIES_AT_ONCE) break;
    at += 1;
  }
  return at;
}
