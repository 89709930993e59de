import { expect, test } from 'vitest';
import { randomOf } from '../support/random.ts';
import { cutNetwork } from './network-cuts.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

test(`24 network cuts at random bytes lose, tear and double nothing (SEED=${SEED})`, { timeout: 120_000 }, async () => {
  const { wrong, delivered } = await cutNetwork(24, randomOf(SEED));
  expect(wrong).toEqual([]);
  expect(delivered).toBeGreaterThan(4);
});
