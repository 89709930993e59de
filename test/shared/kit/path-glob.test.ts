import { pathGlobFault, pathGlobMatcher } from '@vigie/shared/kit/path-glob';
import { expect, test } from 'vitest';

test.each<[glob: string, fits: string[], others: string[]]>([
  ['*.jpg', ['a.jpg', '20261123/a.jpg', 'raw/x/a.jpg'], ['a.JPG', '20261123/a.jpg.xmp', 'a.jpg/b']],
  ['20261123/*', ['20261123/a.jpg'], ['20261123/x/a.jpg', '20261124/a.jpg', 'a.jpg']],
  ['20261123/**', ['20261123/a.jpg', '20261123/x/y/a.jpg'], ['20261123', '20261124/a.jpg', 'x/20261123/a.jpg']],
  ['raw/**/*.dng', ['raw/a.dng', 'raw/20261123/a.dng', 'raw/x/y/a.dng'], ['a.dng', 'raw/a.jpg', 'x/raw/a.dng']],
  ['**/2026*/[a-c]?.jpg', ['20261123/a1.jpg', 'raw/20261123/c2.jpg'], ['20261123/d1.jpg', '20261123/a12.jpg']],
  ['**', ['a.jpg', 'x/y/a.jpg'], []],
  ['*/**/x/**/*.jpg', ['a/x/b.jpg', 'a/b/x/c/x/d.jpg'], ['x/b.jpg', 'a/x/b.raw']],
])('%s', (glob, fits, others) => {
  expect(pathGlobFault(glob)).toBeUndefined();
  const matches = pathGlobMatcher(glob);
  expect(fits.filter((path) => !matches(path))).toEqual([]);
  expect(others.filter(matches)).toEqual([]);
});

test.each(['', '/a', 'a//b', 'a/../b', './a', 'a/', '[a', 'a/[z-a]', 'a\\'])('"%s" is refused', (glob) => {
  expect(pathGlobFault(glob)).toMatch(/allowed|stands for/);
});

test('no pattern makes a path take long', () => {
  const matches = pathGlobMatcher(`${'**/*a*/'.repeat(25)}*b`);
  const started = performance.now();
  expect(matches(`${'aaaaaaaaaaaa/'.repeat(200)}c`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(500);
});
