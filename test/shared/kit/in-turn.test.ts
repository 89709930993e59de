import { inTurns } from '@vigie/shared/kit/in-turn';
import { expect, test } from 'vitest';

test('calls work one after the other, and an error is for its own caller alone', async () => {
  const inTurn = inTurns();
  const told: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn(async () => {
    told.push('first begins');
    await gate.promise;
    told.push('first ends');
    throw new Error('first');
  });
  const second = inTurn(async () => {
    told.push('second');
    return 2;
  });
  // Many turns of the loop, in which a second call that did not wait would have begun.
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual(['first begins']);
  gate.resolve();
  await expect(first).rejects.toThrow('first');
  expect(await second).toBe(2);
  expect(told).toEqual(['first begins', 'first ends', 'second']);
});
