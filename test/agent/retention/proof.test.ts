import { type ProofPolicy, proofOf, type Standing } from '@vigie/agent/retention/proof';
import { describe, expect, test } from 'vitest';

const verified = (destination: string, receipt: 'size' | 'digest' = 'digest'): Standing => ({
  destination,
  state: 'verified',
  receipt,
});
const standing = (destination: string, state: Standing['state']): Standing => ({ destination, state, receipt: null });
const leftOut = (destination: string): Standing => ({ ...standing(destination, 'withdrawn'), isLeftOut: true });
const ALL: ProofPolicy = { at: 'all', level: 'digest' };
const proved = (configured: string[], standings: Standing[], policy: ProofPolicy) =>
  proofOf(configured, standings, policy).proved;

describe('at all destinations', () => {
  test.each<[what: string, configured: string[], standings: Standing[], expected: boolean]>([
    ['one of one', ['x'], [verified('x')], true],
    ['both', ['x', 'y'], [verified('x'), verified('y')], true],
    ['one of two', ['x', 'y'], [verified('x')], false],
    ['the other waits', ['x', 'y'], [verified('x'), standing('y', 'pending')], false],
    ['the other was withdrawn', ['x', 'y'], [verified('x'), standing('y', 'withdrawn')], false],
    ['one that is configured no more waits', ['x'], [verified('x'), standing('y', 'pending')], true],
    ['only one that is configured no more', ['x'], [verified('y')], false],
    ['a destination that was added later', ['x', 'z'], [verified('x')], false],
    ['the filter of the other leaves it out', ['x', 'y'], [verified('x'), leftOut('y')], true],
    ['the filters of all leave it out', ['x', 'y'], [leftOut('x'), leftOut('y')], false],
    ['one leaves it out, the other has not proved it', ['x', 'y'], [leftOut('x'), standing('y', 'pending')], false],
    ['no destination at all', [], [verified('x')], false],
    ['nothing known', ['x'], [], false],
    ['by size where the digest is asked for', ['x'], [verified('x', 'size')], false],
    ['it is being sent once more', ['x'], [verified('x'), standing('y', 'sending')], false],
  ])('%s', (_, configured, standings, expected) => {
    expect(proved(configured, standings, ALL)).toBe(expected);
  });
});

test('at least one of those named', () => {
  const policy: ProofPolicy = { at: ['y', 'z'], level: 'size' };
  expect(proved(['x', 'y', 'z'], [verified('y', 'size')], policy)).toBe(true);
  expect(proved(['x', 'y', 'z'], [verified('x')], policy)).toBe(false);
  expect(proved(['x'], [verified('y')], policy)).toBe(false);
  expect(proofOf(['x', 'y'], [verified('x'), verified('y')], policy)).toEqual({ proved: true, at: ['x', 'y'] });
});

test('what is not proved says why', () => {
  expect(proofOf(['x', 'y'], [verified('x')], ALL)).toEqual({ proved: false, reason: 'not proved at y' });
  expect(proofOf([], [], ALL)).toEqual({ proved: false, reason: 'its source has no destination' });
});
