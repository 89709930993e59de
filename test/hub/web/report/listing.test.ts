import { expect, it } from 'vitest';
import { listingText } from '../../../../hub/web/src/report/listing.ts';

const listing = { pass: 'full', daysListed: 1, daysKept: 0, entriesCompared: 9, fullAt: '2026-03-02T12:00:05.000Z' };

it('says that every folder was listed', () => {
  expect(listingText({ ...listing, pass: 'full' })).toBe('every folder was listed: 1 day');
});

it('says how many days were not listed again, and how old the oldest list is', () => {
  const text = listingText({ ...listing, pass: 'incremental', daysListed: 2, daysKept: 693 });
  expect(text).toMatch(/^2 days listed; 693 day folders unchanged since an earlier list, the oldest of .*2026/);
});
