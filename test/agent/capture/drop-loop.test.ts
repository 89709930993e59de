import { runDrops } from '@vigie/agent/capture/drop-loop';
import { systemClock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';

/** Runs the loop until it has paused this often; what it did, in order, and the pauses in milliseconds. */
async function run(pausesMax: number, looks: (boolean | string)[], attempts: ('ok' | 'error')[] = []) {
  const did: string[] = [];
  const pauses: number[] = [];
  const stop = new AbortController();
  const next = <T>(list: T[], otherwise: T): T => (list.length > 0 ? (list.shift() as T) : otherwise);
  await runDrops(
    {
      drops: {
        lookEveryMs: 1_000,
        async waiting() {
          const look = next(looks, false);
          if (typeof look === 'string') throw new VigieError(look, 'look', { retryable: true });
          return look;
        },
      },
      async attempt() {
        const end = next(attempts, 'ok');
        did.push(end);
        return end === 'ok' ? { names: ['a.jpg'] } : { error: new Error('no') };
      },
      clock: {
        ...systemClock,
        async sleep(ms) {
          pauses.push(ms);
          if (pauses.length >= pausesMax) stop.abort();
        },
      },
      log: silentLog,
    },
    stop.signal,
  );
  return { did, pauses };
}

test('it captures as long as there is something to take, and then looks at its interval', async () => {
  expect(await run(3, [true, true, true, false, false])).toEqual({
    did: ['ok', 'ok', 'ok'],
    pauses: [1_000, 1_000, 1_000],
  });
});

test('a look that fails is one failed capture until it works again', async () => {
  const away = 'camera-absent';
  const { did } = await run(7, [away, away, away, false, away, 'camera-refused', away]);
  expect(did).toHaveLength(4);
});

test('what cannot be taken is tried again after growing pauses, up to five minutes', async () => {
  const { did, pauses } = await run(
    12,
    Array.from({ length: 12 }, () => true),
    Array.from({ length: 11 }, () => 'error' as const),
  );
  expect(pauses.slice(0, 4)).toEqual([2_000, 4_000, 8_000, 16_000]);
  expect(Math.max(...pauses)).toBe(300_000);
  expect(did.at(-1)).toBe('ok');
  expect(pauses.at(-1)).toBe(1_000);
});
