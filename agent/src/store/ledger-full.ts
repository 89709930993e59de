import { codeOf } from '@vigie/shared/kit/errors';

/** Has the ledger no room, or cannot it be written to for now? The transaction was rolled back, and nothing of it is there. */
export function isLedgerFull(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    /^(SQLITE_FULL|SQLITE_IOERR\w*|SQLITE_BUSY\w*)$/.test(codeOf(error)) || (cause !== undefined && isLedgerFull(cause))
  );
}
