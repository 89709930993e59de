/** Numbers that a seed decides: the same seed, the same history. */
export type Dice = {
  /** In [0, 1). */
  next(): number;
  /** 0 to below `n`. */
  below(n: number): number;
  /** True once in `n`. */
  oneIn(n: number): boolean;
  pick<T>(from: readonly T[]): T;
};

/** Source: mulberry32, by Tommy Ettinger, in the public domain. */
export function dice(seed: number): Dice {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { next, below, oneIn: (n) => below(n) === 0, pick: (from) => from[below(from.length)] as never };
}
