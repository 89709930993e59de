import { expect, it } from 'vitest';
import { agoText, clockText, durationText, spanText } from '../../../../hub/web/src/format/times.ts';

const now = Date.parse('2026-03-03T12:00:00Z');

it('says how long ago something was, in one figure', () => {
  expect(agoText(now - 12_000, now)).toBe('12 s ago');
  expect(agoText(now - 90 * 60_000, now)).toBe('1 h ago');
  expect(agoText('2026-02-28T12:00:00Z', now)).toBe('3 days ago');
});

it('says "just now" for a clock that runs ahead', () => {
  expect(agoText(now + 60_000, now)).toBe('just now');
});

it('gives spans in one figure and durations in two', () => {
  expect(spanText(47 * 3_600_000)).toBe('47 h');
  expect(durationText(80_000)).toBe('1 min 20 s');
  expect(durationText(86_400_000 + 3_600_000 * 4)).toBe('1 day 4 h');
  expect(durationText(7_200_000)).toBe('2 h');
});

it("shows a picture's time in its source's zone, and in the reader's own where the zone is not known", () => {
  expect(clockText('2026-03-03T12:00:00Z', 'Asia/Tokyo')).toBe('21:00:00');
  expect(clockText('2026-03-03T12:00:00Z', 'Nowhere/Land')).toBe(clockText('2026-03-03T12:00:00Z'));
});
