import { expect, test } from 'vitest';
import { cadenceText } from '../../../../hub/web/src/fleet/cadence.ts';

test.each([
  [{ everyMs: 500, cron: null }, 'every 500 ms'],
  [{ everyMs: 90_000, cron: null }, 'every 1 min 30 s'],
  [{ everyMs: null, cron: '0 12 * * *' }, 'cron 0 12 * * *'],
  [{ everyMs: null, cron: null, schedule: 'every 5 min, 06:00–20:00' }, 'every 5 min, 06:00–20:00'],
  [{ everyMs: null, cron: null }, undefined],
])('how often a source takes a picture: %o', (state, text) => {
  expect(cadenceText(state)).toBe(text);
});
