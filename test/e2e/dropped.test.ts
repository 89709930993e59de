import { test } from 'vitest';
import { dropAndKill } from './dropped/drop-and-kill.ts';

test('pictures that are dropped while the agent is killed arrive once each, by their capture time', async () => {
  await dropAndKill({ files: 16, kills: 2 });
});
