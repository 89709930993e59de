import { expect, test } from 'vitest';
import { shareFolder } from './shared-folder.ts';

test('three processes on one folder take each file exactly once', { timeout: 90_000 }, async () => {
  const { wrong, ends } = await shareFolder({ files: 450, scanners: 3, kills: 0, limitMs: 60_000 });
  expect(wrong).toEqual([]);
  expect(ends.map(({ other }) => other)).toEqual([0, 0, 0]);
  expect(ends.map(({ result }) => result).reduce((sum, count) => sum + count)).toBe(450);
  // They share the work: none of them stands aside.
  for (const { result } of ends) expect(result).toBeGreaterThan(0);
});

test('what a killed process had claimed is finished by another, once', { timeout: 90_000 }, async () => {
  const { wrong } = await shareFolder({ files: 240, scanners: 2, kills: 3, limitMs: 60_000 });
  expect(wrong).toEqual([]);
});
