import { type ParseArgsConfig, parseArgs } from 'node:util';
import { VigieError } from '@vigie/shared/kit/errors';

/** Exit codes of every command. */
export const EXIT = { done: 0, differences: 1, wrongUse: 2, failed: 3 } as const;

/** A command line that cannot be obeyed; it ends the program with 2. */
export class UsageError extends VigieError {
  constructor(message: string, cause?: unknown) {
    super('usage', message, { cause });
    this.name = 'UsageError';
  }
}

/** `parseArgs` whose complaint says what is allowed. */
export function parseCommand<T extends ParseArgsConfig>(command: string, config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof Error) || !String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS'))
      throw error;
    const allowed = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    const first = error.message.split('. ')[0];
    throw new UsageError(
      `${command}: ${first}: allowed are ${allowed.join(' ')}; see vigie-hub ${command} --help`,
      error,
    );
  }
}
