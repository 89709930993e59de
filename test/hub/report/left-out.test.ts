import { rmSync } from 'node:fs';
import { createComparison } from '@vigie/hub/report/compare';
import { dropLeftOut, takenOf } from '@vigie/hub/report/left-out';
import { takenBy } from '@vigie/shared/protocol/destination-filter';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { FOLDER, layDays, listedPair } from './listed-pair.ts';

const place = { site: 'main', device: 'cam-1', source: 'garden' };

test('what the filter leaves out and is not there counts on no side; all else is compared as ever', () => {
  const comparison = createComparison();
  for (const [path, size] of [
    ['d/a.jpg', 1],
    ['d/b.jpg', 2],
    ['d/a.cr2', 10],
    ['d/there.cr2', 20],
    ['d/other.cr2', 40],
  ] as const)
    comparison.left({ path, size });
  comparison.left({ path: 'failure/torn.cr2', size: 5, unreadable: 'torn' });
  comparison.left({ path: 'failure/torn.jpg', size: 6, unreadable: 'torn' });
  for (const [path, size] of [
    ['d/a.jpg', 1],
    ['d/there.cr2', 20],
    ['d/other.cr2', 41],
    ['d/stranger.cr2', 80],
  ] as const)
    comparison.right({ path, size });
  const result = comparison.finish();
  dropLeftOut(result, takenBy({ kinds: ['jpg'] }));
  expect(result.unmatched.map((e) => `${e.class} ${e.path}`)).toEqual([
    'missing d/b.jpg',
    'differing d/other.cr2',
    'extra d/stranger.cr2',
    'unreadable failure/torn.jpg',
  ]);
  const { source, destination, matched, missing, unreadable } = result.figures;
  const counted = [source, destination, matched, missing, unreadable].map(({ count, bytes }) => [count, bytes]);
  expect(counted).toEqual([
    [5, 69],
    [4, 142],
    [2, 21],
    [1, 2],
    [1, 6],
  ]);
  expect(source.byKind.raw).toEqual({ count: 2, bytes: 60 });
});

test('a filter is that of the pair alone', () => {
  const filters = { mirror: { kinds: ['jpg' as const] } };
  const left = { type: 'source' as const, ...place };
  const right = { type: 'destination' as const, destination: 'mirror', ...place };
  expect(takenOf(left, right, { filters })).toEqual({ kinds: ['jpg'] });
  expect(takenOf(left, { ...right, destination: 'archive' }, { filters })).toBeUndefined();
  expect(takenOf(left, { ...right, source: 'roof' }, { filters })).toBeUndefined();
  expect(takenOf(left, { type: 'directory', path: '/x' }, { filters })).toBeUndefined();
});

test('where the device cannot be asked, its last word on the filter counts; days that agree are counted whole as ever', async () => {
  const [root, data] = [await tempFolder(), await tempFolder()];
  using pair = listedPair(data, { name: 'disk', type: 'directory', root, folder: FOLDER });
  const entries = layDays(root, 2, 4);
  await pair.takes(entries);
  for (const { path } of entries.slice(4)) if (path.endsWith('.cr2')) rmSync(`${root}/${FOLDER}/${path}`);
  expect((await pair.report()).unmatched).toHaveLength(2);
  pair.tells({ kinds: ['jpg'] });
  const { figures, unmatched, taken } = await pair.report();
  expect([unmatched, taken]).toEqual([[], { kinds: ['jpg'] }]);
  expect([figures.source.count, figures.matched.count, figures.missing.count]).toEqual([6, 6, 0]);
});
