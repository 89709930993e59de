import { type Logger, pino } from 'pino';

/** A structured log: JSON lines on standard error; pino escapes control characters. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'> & { child(fields: object): Log };

/** The program's log. Secrets are blotted out wherever they stand. */
export function createLog(program: string, level: string): Log {
  return pino(
    {
      level,
      base: { program },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['password', '*.password', 'token', '*.token', '*.privateKey'], censor: '[redacted]' },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** A log that keeps nothing: for tests and for commands whose output is their result. */
export const silentLog: Log = pino({ level: 'silent' });
