import type { Report } from '../api/documents.ts';
import { plural } from '../format/amounts.ts';
import { instantText } from '../format/times.ts';

/** What the list of a destination rests on, in words: a list that goes on from an earlier one does not see every change. */
export function listingText(listing: NonNullable<Report['listing']>): string {
  const { pass, daysListed, daysKept, fullAt } = listing;
  if (pass === 'full') return `every folder was listed: ${plural(daysListed, 'day')}`;
  const kept = `${plural(daysKept, 'day folder')} unchanged since an earlier list, the oldest of ${instantText(fullAt)}`;
  return `${plural(daysListed, 'day')} listed; ${kept}`;
}
