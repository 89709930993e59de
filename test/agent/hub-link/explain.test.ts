import { explainAsset } from '@vigie/agent/hub-link/explain';
import { explanation } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';

test('an asset that was purged says when and why its file went, and who had proved it', () => {
  const record = { at: 5000, reason: 'the disk was full', provedAt: ['archive', 'mirror'], isOpen: false };
  expect(explainAsset('20261123/a.jpg', record, undefined, 0)).toEqual({
    path: '20261123/a.jpg',
    cause: 'purged',
    detail:
      'its file was removed from the source on 1970-01-01T00:00:05.000Z (the disk was full), after it had been proved at archive, mirror',
  });
});

test('an asset that nobody knows, or that was never ordered, is not called purged', () => {
  expect(explainAsset('a', 'not-held', undefined, 0).cause).toBe('not-held');
  expect(explainAsset('a', undefined, undefined, 0).cause).toBe('not-ordered');
});

const pending = {
  state: 'pending',
  attempts: 0,
  notBefore: 0,
  errorCode: null,
  errorMessage: null,
  updatedAt: 5000,
} as const;
const explained = (part: object, error: { code: string; message: string } | null = null) =>
  explainAsset('a', { ...pending, ...part }, { error }, 6000);

test('a delivery that waits says for what: its turn, its hours, its next attempt, its destination, or a person', () => {
  expect(explained({})).toEqual({ path: 'a', cause: 'queued', detail: 'queued for delivery' });
  expect(explained({ attempts: 3, errorCode: 'server-failure', errorMessage: 'store "a": no' })).toEqual({
    path: 'a',
    cause: 'retrying',
    code: 'server-failure',
    detail: 'queued again after 3 attempts: store "a": no',
  });
  expect(explained({}, { code: 'permission', message: 'store "b": refused' })).toEqual({
    path: 'a',
    cause: 'destination-waiting',
    code: 'permission',
    detail: 'queued; the destination: store "b": refused',
  });
  expect(explained({ notBefore: 7000 })).toEqual({
    path: 'a',
    cause: 'held-back',
    detail: "queued; the destination's limits hold it back until 1970-01-01T00:00:07.000Z",
  });
  expect(explained({ notBefore: Number.MAX_SAFE_INTEGER }).cause).toBe('paused');
});

test('what failed for good tells its code, and a long reason is cut to what a message carries', () => {
  const told = explained({ state: 'failed', errorCode: 'conflict', errorMessage: 'x'.repeat(1000) });
  expect(told).toMatchObject({ cause: 'failed', code: 'conflict' });
  expect(explanation.safeParse(told).success).toBe(true);
});
