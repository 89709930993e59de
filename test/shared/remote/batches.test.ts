import { streamOfBatches, visitTree } from '@vigie/shared/remote/batches';
import { expect, test } from 'vitest';

test('every item of every producer arrives once, with an eager or a slow reader', async () => {
  for (const aheadMax of [1, 1000]) {
    const stream = streamOfBatches<number>(
      async (push) => {
        await Promise.all(
          [0, 1000, 2000].map(async (start) => {
            for (let n = 0; n < 1000; n += 10) await push(Array.from({ length: 10 }, (_, at) => start + n + at));
          }),
        );
      },
      { aheadMax },
    );
    const all: number[] = [];
    for await (const item of stream) {
      all.push(item);
      if (item % 100 === 0) await null;
    }
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 3000 }, (_, n) => n));
  }
});

test('a producer does not run further ahead of the reader than it may', async () => {
  let pushed = 0;
  const stream = streamOfBatches<number>(
    async (push) => {
      for (let n = 0; n < 100; n++) {
        pushed += 1;
        await push([n]);
      }
    },
    { aheadMax: 5 },
  );
  for await (const item of stream) expect(pushed).toBeLessThanOrEqual(item + 8);
});

test('the failure of a producer is the reader’s, and a reader that leaves ends the producers', async () => {
  const failing = streamOfBatches<number>(
    async (push) => {
      await push([1]);
      throw new Error('broken');
    },
    { aheadMax: 10 },
  );
  await expect(Array.fromAsync(failing)).rejects.toThrow('broken');

  let ended = false;
  const endless = streamOfBatches<number>(
    async (push) => {
      try {
        for (;;) await push([1]);
      } finally {
        ended = true;
      }
    },
    { aheadMax: 3 },
  );
  for await (const _ of endless) break;
  expect(ended).toBe(true);
});

test('a tree is visited whole by several workers, each with one tool', async () => {
  let tools = 0;
  const seen: string[] = [];
  const makeTool = async () => ++tools;
  await visitTree(
    ['a', 'b'],
    [makeTool, makeTool, makeTool],
    async (_, node) => {
      await null;
      seen.push(node);
      return node.length < 6 ? [`${node}0`, `${node}1`] : [];
    },
    new AbortController().signal,
  );
  expect(seen).toHaveLength(2 * (2 ** 6 - 1));
  expect(new Set(seen).size).toBe(seen.length);
  expect(tools).toBeLessThanOrEqual(3);
});
