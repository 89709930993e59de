import { type DestinationFilter, destinationFilter, takenBy } from '@vigie/shared/protocol/destination-filter';
import { expect, test } from 'vitest';

const PATHS = [
  '20261123/a.jpg',
  '20261123/a.cr2',
  '20261123/a-thumb.jpg',
  '20261124/b.jpg',
  'failure/c.jpg',
  'failure/c.cr2',
];

test.each<[filter: DestinationFilter | undefined, taken: string[]]>([
  [undefined, PATHS],
  [{}, PATHS],
  [{ kinds: ['jpg'] }, ['20261123/a.jpg', '20261123/a-thumb.jpg', '20261124/b.jpg', 'failure/c.jpg']],
  [{ kinds: ['jpg'], paths: ['20261123/**'] }, ['20261123/a.jpg', '20261123/a-thumb.jpg', 'failure/c.jpg']],
  [{ paths: ['!*-thumb.*'] }, PATHS.filter((path) => !path.includes('thumb'))],
  [{ paths: ['*.jpg', '*.cr2', '!20261123/**'] }, ['20261124/b.jpg', 'failure/c.jpg', 'failure/c.cr2']],
])('%j', (filter, taken) => {
  expect(PATHS.filter(takenBy(filter))).toEqual(taken);
});

test('a pattern that says nothing is refused with what is allowed', () => {
  const { error } = destinationFilter.safeParse({ paths: ['!/a'] });
  expect(error?.issues[0]?.message).toMatch(/"!\/a": a path has no empty part.*are allowed/);
});
