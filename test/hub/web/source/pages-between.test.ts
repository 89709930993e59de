import { expect, it } from 'vitest';
import { pagesBetween } from '../../../../hub/web/src/source/pages-between.ts';

it('names the pages that hold a range of pictures', () => {
  expect(pagesBetween(0, 0, 120)).toEqual([0]);
  expect(pagesBetween(119, 120, 120)).toEqual([0, 1]);
  expect(pagesBetween(8500, 8639, 120)).toEqual([70, 71]);
});
