import { describe, expect, test } from 'vitest';
import { NO_FSYNC } from '../support/mutant.ts';
import { cutPower } from './power-cuts.ts';

describe('power cuts on ext4', () => {
  test('nothing that was acknowledged is lost, and no torn name is ever visible', { timeout: 240_000 }, async () => {
    expect(await cutPower(20)).toEqual([]);
  });

  test('a build without fsync is found out', { timeout: 120_000 }, async () => {
    expect(await cutPower(20, NO_FSYNC)).not.toEqual([]);
  });
});
