import { bucketOf, dayOf } from '@vigie/shared/protocol/asset';
import { monthOf } from '@vigie/shared/protocol/digest-list';
import { expect, test } from 'vitest';

test.each([
  ['20261123/20261123120000.jpg', '20261123', '20261123', '202611'],
  ['raw/20261123/20261123120000.raw', 'raw/20261123', '20261123', 'raw/202611'],
  ['failure/20261123/20261123120000.jpg', 'failure', '20261123', 'failure'],
  ['20261123/12345678/a.jpg', '20261123', '20261123', '202611'],
  ['a.jpg', '', '', ''],
  ['somewhere/a.jpg', 'somewhere', 'somewhere', 'somewhere'],
  ['somewhere/else/20261123/a.jpg', 'somewhere', '20261123', 'somewhere'],
])('%s is in the bucket %s, of the day %s and the month %s', (path, bucket, day, month) => {
  expect(bucketOf(path)).toBe(bucket);
  expect(dayOf(path)).toBe(day);
  expect(monthOf(bucketOf(path))).toBe(month);
});
