import { type Answered, createWindow } from '@vigie/shared/remote/window';
import { expect, test } from 'vitest';

const BLOCK = 64 * 1024;
const MIB = 1024 * 1024;

/** Sends for so long over a link of this speed (bytes a second) and round trip, always with a full window; gives the window at the end. */
function sending(options: { speed: number; roundTripMs: number; forMs: number }): {
  max: number;
  queuedMs: number;
  used: number;
} {
  const { speed, roundTripMs, forMs } = options;
  let now = 0;
  const window = createWindow({ monotonic: () => now });
  const underWay: { at: number; answered: Answered }[] = [];
  let freeAt = 0;
  let carried = 0;
  let queuedMs = 0;
  while (now < forMs) {
    for (let answered = window.take(BLOCK); answered; answered = window.take(BLOCK)) {
      freeAt = Math.max(freeAt, now) + (BLOCK / speed) * 1000;
      queuedMs = freeAt - now;
      underWay.push({ at: freeAt + roundTripMs, answered });
    }
    const next = underWay.shift();
    if (!next) break;
    now = next.at;
    carried += BLOCK;
    next.answered(true);
  }
  return { max: window.max, queuedMs, used: carried / ((speed * now) / 1000) };
}

test.each([
  ['20 Mbit/s over 100 ms', { speed: 2_500_000, roundTripMs: 100 }],
  ['10 Mbit/s by satellite, 600 ms', { speed: 1_250_000, roundTripMs: 600 }],
  ['100 Mbit/s over 20 ms', { speed: 12_500_000, roundTripMs: 20 }],
  ['a cable', { speed: 100_000_000, roundTripMs: 0.2 }],
])('a link is used to 95 %% of its speed: %s', (_, link) => {
  expect(sending({ ...link, forMs: 30_000 }).used).toBeGreaterThan(0.95);
});

test('on a slow link no more is under way than it carries in some two seconds', () => {
  const { max, queuedMs } = sending({ speed: 125_000, roundTripMs: 60, forMs: 60_000 });
  expect(max).toBe(256 * 1024);
  expect(queuedMs).toBeLessThan(2_500);
});

test('it never grows beyond the window of the channel', () => {
  expect(sending({ speed: 1_000_000_000, roundTripMs: 50, forMs: 5_000 }).max).toBe(2 * MIB);
});

test('a pause before a file counts for nothing', () => {
  let now = 0;
  const window = createWindow({ monotonic: () => now });
  const send = () => {
    const answered = window.take(BLOCK);
    now += 10;
    answered?.(true);
  };
  for (let n = 0; n < 50; n++) send();
  const before = window.max;
  now += 3_600_000;
  for (let n = 0; n < 50; n++) send();
  expect(window.max).toBe(before);
});

test('what does not fit waits for its turn: first come, first served, and an abort leaves the queue', async () => {
  const window = createWindow({ monotonic: () => 0 });
  const first = window.take(window.max);
  expect(window.take(1)).toBeUndefined();
  const order: string[] = [];
  const gone = new AbortController();
  const waits = [
    window.wait(BLOCK).then(() => order.push('a')),
    window.wait(BLOCK, gone.signal).catch((error: Error) => order.push(error.message)),
    window.wait(BLOCK).then(() => order.push('c')),
  ];
  gone.abort(new Error('it leaves'));
  first?.(false);
  await Promise.all(waits);
  expect(order.sort()).toEqual(['a', 'c', 'it leaves']);
  // Two blocks are under way now; so much more fits, and not a byte over it begins.
  expect(window.take(window.max - 2 * BLOCK)).toBeDefined();
  expect(window.take(1)).toBeUndefined();
});
