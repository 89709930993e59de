import { test } from 'vitest';

const tested = new Set<string>();

/** The test of one line of the specification, named by its code. A line may have several. */
export function line(code: string, what: string, run: () => Promise<void> | void): void {
  tested.add(code);
  test(`${code} ${what}`, run);
}

/** The codes of all lines that have a test, in order. */
export const testedCodes = (): string[] => [...tested].sort();
