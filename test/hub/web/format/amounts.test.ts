import { describe, expect, it } from 'vitest';
import { bytesText, countText, percentOf, plural } from '../../../../hub/web/src/format/amounts.ts';

describe('sizes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [4_500_000, '4.5 MB'],
    [82_900_000_000, '82.9 GB'],
    [201_400_000_000, '201 GB'],
    [999_949, '1.0 MB'],
    [99_960_000, '100 MB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});

describe('counts', () => {
  it('are grouped by thousands and agree with their noun', () => {
    expect(countText(58_300)).toBe('58,300');
    expect(plural(1, 'file')).toBe('1 file');
    expect(plural(2000, 'file')).toBe('2,000 files');
  });
});

describe('progress', () => {
  it('is 100 % only when the last one is done', () => {
    expect(percentOf(999_999, 1_000_000)).toBe(99);
    expect(percentOf(1_000_000, 1_000_000)).toBe(100);
    expect(percentOf(0, 3)).toBe(0);
    expect(percentOf(0, 0)).toBe(100);
  });
});
