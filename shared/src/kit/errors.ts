/**
 * An error that a person can act on. Its message has a grammar: the action, the quoted value, a colon, what is, what
 * should be. `code` is stable and travels in messages and reports; `retryable` tells a loop whether the same call can
 * go through later; `hint` tells the operator what to do.
 */
export class VigieError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { cause?: unknown; retryable?: boolean; hint?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'VigieError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.hint = options.hint;
  }
}

/** The message of anything that was thrown, followed by those of its causes. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : messageOf(error.cause);
  return cause === '' || error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

/** The stable code of anything that was thrown: a VigieError's, a system call's (`ENOSPC`), or `internal`. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'internal';
}

/** Is this the error of a system call, with this code? */
export function isSystemError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes(codeOf(error));
}
