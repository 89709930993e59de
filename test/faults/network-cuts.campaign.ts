import { expect, test } from 'vitest';
import { randomOf } from '../support/random.ts';
import { cutNetwork } from './network-cuts.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

test(`500 network cuts at random bytes lose, tear and double nothing (SEED=${SEED})`, {
  timeout: 3_600_000,
}, async () => {
  const { wrong, delivered } = await cutNetwork(500, randomOf(SEED));
  expect(wrong).toEqual([]);
  process.stdout.write(`500 cuts, ${delivered} files delivered\n`);
});
