import { expect, it } from 'vitest';
import { dateIn, dateOfDay, dayOfDate, dayText, warmth } from '../../../../hub/web/src/format/days.ts';

it('goes between day folders and dates', () => {
  expect(dateOfDay('20260303')).toBe('2026-03-03');
  expect(dayOfDate('2026-03-03 00:00:00')).toBe('20260303');
  expect(dayText('20260303')).toBe('Tuesday, 3 March 2026');
  expect(dayText('20260399')).toBe('20260399');
  expect(dayText('odd folder')).toBe('odd folder');
});

it("knows the date in the source's zone", () => {
  const now = Date.parse('2026-03-03T23:30:00Z');
  expect(dateIn('Asia/Tokyo', now)).toBe('2026-03-04');
  expect(dateIn('America/New_York', now)).toBe('2026-03-03');
});

it('warms a day by its share of the fullest', () => {
  expect([0, 1, 26, 51, 100].map((count) => warmth(count, 100))).toEqual([0, 1, 2, 3, 4]);
  expect(warmth(5, 0)).toBe(0);
});
