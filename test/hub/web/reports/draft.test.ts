import { expect, it } from 'vitest';
import { newDraft, requestOf } from '../../../../hub/web/src/reports/draft.ts';

const place = { site: 'alps', device: 'summit-1', source: 'valley' };

it("means the source's own folder at a destination where no other is named", () => {
  expect(requestOf(newDraft('alps/summit-1/valley', 'archive'))).toEqual({
    left: { type: 'source', ...place },
    right: { type: 'destination', destination: 'archive', ...place },
    filter: {},
  });
});

it('says what is still missing, side by side', () => {
  expect(requestOf(newDraft(null, null))).toEqual({ left: 'Choose a source.', right: 'Choose a destination.' });
  const folder = { type: 'directory' as const, source: null, destination: null, path: ' ' };
  expect(requestOf({ ...newDraft('alps/summit-1/valley', null), right: folder })).toEqual({ right: 'Name a folder.' });
});

it('refuses to compare a side with itself', () => {
  const draft = newDraft('alps/summit-1/valley', null);
  expect(requestOf({ ...draft, right: { ...draft.left } })).toHaveProperty('right');
});

it('writes a filter of days, kinds and paths', () => {
  const draft = { ...newDraft('alps/summit-1/valley', 'archive'), kinds: ['raw'], pathPrefix: '2026 ' };
  expect(requestOf({ ...draft, range: ['2026-03-01', null] })).toHaveProperty('filter', {
    fromDay: '20260301',
    kinds: ['raw'],
    pathPrefix: '2026 ',
  });
});

it('compares by digest only where a source is held against a destination', () => {
  const draft = { ...newDraft('alps/summit-1/valley', 'archive'), byDigest: true };
  expect(requestOf(draft)).toHaveProperty('proof', 'digest');
  expect(requestOf({ ...draft, byDigest: false })).not.toHaveProperty('proof');
  const folder = { type: 'directory' as const, source: null, destination: null, path: '/srv' };
  expect(requestOf({ ...draft, right: folder })).not.toHaveProperty('proof');
});
