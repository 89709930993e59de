import { explainAsset } from '@vigie/agent/hub-link/explain';
import { expect, test } from 'vitest';

test('an asset that was purged says when and why its file went, and who had proved it', () => {
  const record = { at: 5000, reason: 'the disk was full', provedAt: ['archive', 'mirror'], isOpen: false };
  expect(explainAsset('20261123/a.jpg', record, undefined)).toEqual({
    path: '20261123/a.jpg',
    cause: 'purged',
    detail:
      'its file was removed from the source on 1970-01-01T00:00:05.000Z (the disk was full), after it had been proved at archive, mirror',
  });
});

test('an asset that nobody knows, or that was never ordered, is not called purged', () => {
  expect(explainAsset('a', 'not-held', undefined).cause).toBe('not-held');
  expect(explainAsset('a', undefined, undefined).cause).toBe('not-ordered');
});
