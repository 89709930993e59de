import { VigieError } from '@vigie/shared/kit/errors';

/** Runs something that must end in time; what is not in time is tried again later. The signal's own abort is passed on as it is. */
export async function withTimeLimit<T>(
  limitMs: number,
  signal: AbortSignal,
  action: string,
  act: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(limitMs);
  try {
    return await act(AbortSignal.any([signal, limit]));
  } catch (error) {
    if (signal.aborted || !limit.aborted) throw error;
    throw new VigieError('time-limit', `${action}: it has not ended within ${limitMs} ms`, {
      cause: error,
      retryable: true,
      hint: 'It is tried again. A longer "timeLimit" of the operation gives it more time.',
    });
  }
}
