/** Numbers in [0, 1) from a seed that a failure prints: Park and Miller's minimal standard. */
export function randomOf(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
