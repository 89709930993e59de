import { codeOf, VigieError } from '@vigie/shared/kit/errors';

const DISK_FULL = ['ENOSPC', 'EDQUOT'];
const MEMORY_CODES = ['ENOMEM', 'ERR_MEMORY_ALLOCATION_FAILED'];
const MEMORY_TEXT = /out of memory|unable to allocate|cannot allocate|failed to allocate|unable to create thread/i;
const IO_TEXT =
  /too many open files|no space left|input\/output error|input file is missing|unable to (open|read) file/i;

/** What went wrong on the machine, which may go well later; undefined when it is not the machine's fault. */
export function machineError(error: unknown, action: string): VigieError | undefined {
  if (!(error instanceof Error) || error instanceof VigieError) return undefined;
  const code = codeOf(error);
  const text = error.message;
  if (DISK_FULL.includes(code) || /no space left/i.test(text)) {
    return retryable('disk-full', `${action}: the disk is full`, error, 'Free space, or let deliveries catch up.');
  }
  if (MEMORY_CODES.includes(code) || MEMORY_TEXT.test(text)) {
    return retryable(
      'memory',
      `${action}: there is not enough memory`,
      error,
      'Lower the concurrency of the watched folder.',
    );
  }
  if (/^E[A-Z0-9]+$/.test(code) || IO_TEXT.test(text)) {
    return retryable('io', `${action}: ${text}`, error, 'Check the disk and its permissions.');
  }
  return undefined;
}

function retryable(code: string, message: string, cause: Error, hint: string): VigieError {
  return new VigieError(code, message, { cause, retryable: true, hint });
}
