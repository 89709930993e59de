import type { Operation } from '../watched-folder/operation.ts';

/** An operation as an endpoint has it: it knows whether it can work, and lets go of what it holds. */
export type EndpointOperation = AsyncDisposable & {
  readonly run: Operation;
  /**
   * Why it cannot work now, with what should be; undefined when it can. Asked before the first scan, and again while it says why
   * not. It ends within a few seconds.
   */
  fault(): Promise<string | undefined>;
};

/** What an operation says of a file that it cannot carry out for good. */
export const unsound = (reason: string) => ({ sound: { ok: false as const, reason }, results: [] });
