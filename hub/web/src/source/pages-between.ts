/** The pages that hold the items `first` to `last`, both included, of `size` items each. */
export function pagesBetween(first: number, last: number, size: number): number[] {
  const from = Math.floor(Math.max(0, first) / size);
  const to = Math.floor(Math.max(0, last) / size);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
