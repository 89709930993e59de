import { expect, test } from 'vitest';
import { realHistory } from './real-history.ts';
import { runHistories } from './run-histories.ts';

/** Another stretch of histories at each run; SEED=n takes the same again. */
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000_000);

test(`300,000 longer histories from seed ${SEED} on`, { timeout: 3_600_000 }, async () => {
  const runs = [0, 1].map((half) => runHistories('histories-child.ts', [SEED + half * 150_000, 150_000, 120]));
  expect((await Promise.all(runs)).map(({ wrong }) => wrong)).toEqual([undefined, undefined]);
});

test(`1,000 histories on a real disk from seed ${SEED} on`, { timeout: 3_600_000 }, async () => {
  for (let seed = SEED; seed < SEED + 1000; seed++) {
    expect((await realHistory(seed, 150)).wrong, `seed ${seed}`).toBeUndefined();
  }
});
