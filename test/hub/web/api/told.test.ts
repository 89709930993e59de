import { expect, test } from 'vitest';
import { isBelow, onTold, tell } from '../../../../hub/web/src/api/told.ts';

test('a live event concerns the addresses below its device or source, and no others', () => {
  const url = '/api/v1/devices/alps/summit-1/sources/valley/preview?v=2026';
  expect(isBelow(url, 'alps/summit-1')).toBe(true);
  expect(isBelow(url, 'alps/summit-1/valley')).toBe(true);
  expect(isBelow(url, 'alps/summit-1/val')).toBe(false);
  expect(isBelow(url, 'alps/summit')).toBe(false);
  expect(isBelow(url, 'coast/summit-1/valley')).toBe(false);
});

test('who has stopped listening is told nothing more', () => {
  const heard: string[] = [];
  const stop = onTold((key) => heard.push(key));
  tell('alps/summit-1');
  stop();
  tell('alps/hut-2');
  expect(heard).toEqual(['alps/summit-1']);
});
