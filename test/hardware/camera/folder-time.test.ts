import { namePatternFault, timeInName } from '@vigie/hardware/camera/folder-time';
import { expect, test } from 'vitest';

const time = (text: string) => Date.parse(text);

test.each([
  ['20260503142530.jpg', '2026-05-03T12:25:30Z'],
  ['192.168.1.64_01_20260503142530123_TIMING.jpg', '2026-05-03T12:25:30.123Z'],
  ['Cam-00_2026-05-03_14-25-30.jpg', '2026-05-03T12:25:30Z'],
  ['2026-05-03T14.25.30.jpg', '2026-05-03T12:25:30Z'],
  ['2026/05/03/142530.jpg', '2026-05-03T12:25:30Z'],
  ['20260101/cam_20260503_142530.jpg', '2026-05-03T12:25:30Z'],
  // A winter date, at the winter's offset.
  ['20261203142530.jpg', '2026-12-03T13:25:30Z'],
])('the common names, %s', (name, expected) => {
  expect(timeInName(name, undefined, 'Europe/Paris')).toBe(time(expected));
});

test.each([
  ['image%y-%M-%D_%H-%m-%s-%*', 'image26-05-03_14-25-30-12.jpg', '2026-05-03T12:25:30Z'],
  ['%D.%M.%Y %H.%m', '03.05.2026 14.25.jpg', '2026-05-03T12:25:00Z'],
  ['%Y%M%D/%*/%H%m%s', '20260503/cam+1/142530.jpg', '2026-05-03T12:25:30Z'],
])('a pattern of one’s own, %s', (namePattern, name, expected) => {
  expect(namePatternFault(namePattern)).toBeUndefined();
  expect(timeInName(name, namePattern, 'Europe/Paris')).toBe(time(expected));
});

test('a pattern must hold a whole date and time, each letter once', () => {
  expect(namePatternFault('%Y%M%D')).toContain('%H %m is missing');
  expect(namePatternFault('%Y%M%D%H%m%m')).toContain('twice');
  expect(namePatternFault('%Y%M%D%H%m%q')).toContain('"%q" is no known letter');
});
