import { destinationConfig, folderOf } from '@vigie/shared/remote/destination-config';
import { expect, test } from 'vitest';

const disk = (folder: string) => destinationConfig.safeParse({ name: 'disk', type: 'directory', root: '/mnt', folder });

test.each(['{device}/{source}', 'pictures', 'a/b c/{site}'])('a source may lie in "%s"', (folder) => {
  expect(disk(folder).success).toBe(true);
});

// Every delivery there would be refused, one by one.
test.each(['.', '/pictures', 'pictures/', 'a//b', '../b', 'a/./b'])('no source may lie in "%s"', (folder) => {
  expect(disk(folder).error?.issues[0]?.message).toContain('a path below the root is allowed');
});

test('a folder names site, device and source', () => {
  const names = { site: 'alps', device: 'summit-1', source: 'glacier' };
  expect(folderOf('{site}/{device}-{source}', names)).toBe('alps/summit-1-glacier');
});
