import { expect, test } from 'vitest';
import { costOf } from '../../support/longest-wait.ts';
import { largeResync } from './large-resync.ts';

/** Run with a figure in ASSETS for another size. */
const ASSETS = Number(process.env.ASSETS ?? 1_000_000);

test('an archive of a million assets is ordered again, paused, run on and cancelled while everything else goes on', async () => {
  const { jobs, follow } = await largeResync(ASSETS);
  const wants = ['run', 'pause', 'run', 'cancel'] as const;
  for (const [index, want] of wants.entries()) {
    const cost = await costOf(() => follow(index + 1, want));
    process.stdout.write(`${want} ${ASSETS}: ${JSON.stringify(cost)}\n`);
    // A commit that empties the write-ahead log takes as long as the disk does.
    expect(cost.longestMs).toBeLessThan(150);
    expect(cost.grownBytes).toBeLessThan(80e6);
  }
  expect(jobs.find('job-1')).toMatchObject({ state: 'CANCELLED', total: { count: ASSETS } });
}, 900_000);
