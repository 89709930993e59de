import { nameOf } from '@vigie/shared/kit/names';
import { expect, it } from 'vitest';
import { causeText, filterText, shownName, sideText } from '../../../../hub/web/src/format/names.ts';
import { instantText } from '../../../../hub/web/src/format/times.ts';

it('makes hostile names visible and leaves others alone', () => {
  expect(shownName('20260303/été — 1.jpg')).toBe('20260303/été — 1.jpg');
  expect(shownName('new\nline')).toBe('new\\x0aline');
  expect(shownName('a\u202egpj.exe')).toBe('a\\u202egpj.exe');
});

it('shows bytes that are no UTF-8, as the hub sends them, in hexadecimal', () => {
  expect(shownName(nameOf(Buffer.from([0x61, 0xff, 0x80, 0x2e])))).toBe('a\\xff\\x80.');
});

it('reads causes as words and keeps sentences', () => {
  expect(causeText('host-key-refused')).toBe('Host key refused');
  expect(causeText('connect "a-b": refused')).toBe('Connect "a-b": refused');
});

it("reads a cause's instants as the reader's own clock does", () => {
  const at = '2026-11-23T13:10:51.084Z';
  expect(causeText(`it was verified there on ${at} and has gone`)).toBe(
    `It was verified there on ${instantText(at)} and has gone`,
  );
});

it('names a side by what it is and where', () => {
  const place = { site: 'alps', device: 'summit-1', source: 'valley' };
  expect(sideText({ type: 'source', ...place })).toEqual({ title: 'valley', detail: 'alps / summit-1' });
  expect(sideText({ type: 'destination', destination: 'archive', ...place }).detail).toBe('alps / summit-1 / valley');
});

it('says what a filter lets through, and nothing of one that lets all through', () => {
  expect(filterText({})).toBeUndefined();
  expect(filterText({ fromDay: '20260101', kinds: ['jpg', 'raw'] })).toBe('from 2026-01-01 · jpg, raw');
  expect(filterText({ fromDay: '20260101', toDay: '20260101' })).toBe('2026-01-01');
  expect(filterText({ fromDay: '20260101', lastDays: 2 })).toBe('the last 2 days, from 2026-01-01');
  expect(filterText({ fromDay: '20260101', lastDays: 1 })).toBe('the day 2026-01-01');
});
