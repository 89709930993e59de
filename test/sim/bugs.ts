/** Bugs that are put in on purpose: a simulator that finds none proves nothing. */
export const BUGS = [
  /** A device is told that its event is safe when it was heard, not when it is committed. */
  'acknowledge-early',
  /** A receipt is given before the file has its name. */
  'receipt-early',
  /** A listing tells what was there once. */
  'listing-remembered',
  /** A ledger that was lost is not rebuilt from the disk. */
  'ledger-not-rebuilt',
  /** Deliveries know of no hours. */
  'hours-ignored',
  /** A device in an outage drill goes on talking with its hub. */
  'drill-leaky',
  /** The second look at proofs is content with sizes. */
  'audit-by-size',
] as const;
export type Bug = (typeof BUGS)[number];
