import { codeOf, VigieError } from '@vigie/shared/kit/errors';

/** Conditions of the machine, which say nothing about the file. */
const TEMPORARY = new Set(
  'ENOSPC EDQUOT EROFS EIO EMFILE ENFILE ENOMEM EAGAIN EBUSY ESTALE ENODEV ENXIO EINTR ETIMEDOUT SQLITE_FULL SQLITE_BUSY'.split(
    ' ',
  ),
);

/** Is this the machine's fault, so that the same file may succeed later? */
export function isTemporary(error: unknown): boolean {
  if (error instanceof VigieError) return error.retryable;
  if (TEMPORARY.has(codeOf(error))) return true;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause !== undefined && isTemporary(cause);
}
