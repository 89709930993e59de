import { setImmediate as yieldTurn } from 'node:timers/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { SourceName } from '../store/inventories.ts';
import type { CertificateArchive } from './archive.ts';
import { claimsOf } from './certificate.ts';
import { type DayFacts, draftOf } from './claims.ts';
import { dayEnd, isDay, isDue } from './day.ts';
import { sealed } from './issue.ts';
import type { SigningKey } from './key.ts';
import { agreesSince, type Books, certifiableSource, readDay, slotsOf } from './read-day.ts';

/** How many certificates were made of a source, and how many of its days wait for their device's word. */
export type Certified = { made: number; waiting: number };
/** Makes the certificates that a source lacks: of days that are over, confirmed, and new or changed. */
export type CertifySource = (name: SourceName, signal: AbortSignal) => Promise<Certified>;

export function createCertifySource(options: {
  books: Books;
  archive: CertificateArchive;
  key: SigningKey;
  /** Asks a device whether the hub knows what it knows, and waits for the answer; throws where they do not come to agree. */
  confirm: (name: SourceName, signal: AbortSignal) => Promise<void>;
  /** How long after its end a day is looked at. */
  settleMs: number;
  clock: Clock;
  log: Log;
}): CertifySource {
  const { books, archive, key, settleMs, clock, log } = options;
  const { days } = books;

  async function confirmed(name: SourceName, since: number, signal: AbortSignal) {
    const source = certifiableSource(books, name);
    if (agreesSince(source.row, since)) return source;
    try {
      await options.confirm(name, signal);
    } catch (error) {
      log.debug({ ...name, error: messageOf(error) }, 'a device did not confirm an inventory');
    }
    return certifiableSource(books, name);
  }

  async function issue(name: SourceName, facts: DayFacts): Promise<{ isSettled: boolean; isNew: boolean }> {
    const draft = draftOf(facts, { at: clock.now(), publicKey: key.publicKey });
    const isNew = (await claimsBefore(name, facts.day)) !== claimsOf(draft.header);
    if (isNew) await archive.add(name, facts.day, sealed(draft, key));
    return { isSettled: draft.isSettled, isNew };
  }

  /** What the newest certificate of the day claims; one that somebody has damaged claims nothing. */
  async function claimsBefore(name: SourceName, day: string): Promise<string | undefined> {
    const number = await archive.newest(name, day);
    if (number === 0) return undefined;
    try {
      return claimsOf(await archive.header(name, { day, number }));
    } catch (error) {
      if (codeOf(error) !== 'certificate') throw error;
      log.warn({ ...name, day, number, error: messageOf(error) }, 'a certificate is damaged: a further one is made');
      return undefined;
    }
  }

  return async (name, signal) => {
    const result: Certified = { made: 0, waiting: 0 };
    const { row, zone } = certifiableSource(books, name);
    const closed: string[] = [];
    for (let day = days.next(row, ''); day !== undefined; day = days.next(row, day)) {
      if (isDay(day) && dayEnd(day, zone) + settleMs <= clock.now()) closed.push(day);
    }
    const newestDay = closed.at(-1);
    if (newestDay === undefined) return result;
    const source = await confirmed(name, dayEnd(newestDay, zone), signal);
    // One report of each destination, the newest, says whether anything can have changed there.
    const reports = source.destinations.flatMap((destination) => days.reports(name, destination).slice(0, 1));
    const ids = JSON.stringify(reports.map((r) => r.id));
    let named: Set<string> | undefined;
    const isNamed = (day: string): boolean => {
      named ??= reports.reduce((all, r) => all.union(days.unmatchedDays(r.id, row)), new Set<string>());
      return named.has(day);
    };

    for (const day of closed) {
      // The hub has other things to do between two days.
      await yieldTurn();
      if (signal.aborted) break;
      if (!agreesSince(source.row, dayEnd(day, zone))) {
        result.waiting += 1;
        continue;
      }
      const slots = slotsOf(days, source, day);
      // A day of which nothing more is known is as it was before slots were told.
      const known = typeof slots === 'string' ? '' : ` ${Object.values(slots).join('/')}`;
      const figures = `${zone} ${days.figures(row, day)}${known}`;
      const last = days.last(row, day);
      const isOther = last !== undefined && last.reports !== ids;
      if (!isDue(last, { figures, reports: ids, isNamed: isOther && isNamed(day) })) continue;
      const { isSettled, isNew } = await issue(name, readDay(books, name, day, clock.now()));
      if (isNew) result.made += 1;
      days.keep(row, day, { figures, reports: ids, whole: isSettled });
    }
    return result;
  };
}
