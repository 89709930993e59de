import { presenceOf } from '@vigie/hub/fleet/presence';
import { expect, test } from 'vitest';

const limits = { lateAfter: 90_000, offlineAfter: 600_000 };

test.each([
  ['ready', 0, 'online'],
  ['ready', 90_000, 'online'],
  ['ready', 90_001, 'late'],
  ['ready', 600_001, 'offline'],
  ['lost', 0, 'offline'],
  ['disconnected', 0, 'offline'],
] as const)('%s and %i ms of silence: %s', (status, silence, presence) => {
  expect(presenceOf({ status, lastHeardAt: 1_000 }, 1_000 + silence, limits)).toBe(presence);
});
