import type { Log } from '@vigie/shared/kit/log';

export type Logged = { level: 'debug' | 'info' | 'warn' | 'error'; fields: Record<string, unknown>; message: string };

/** A log that keeps what it is told. */
export function recordingLog(): { log: Log; records: Logged[] } {
  const records: Logged[] = [];
  const at = (level: Logged['level']) => (fields: object | string, message?: string) => {
    const told =
      typeof fields === 'string' ? { fields: {}, message: fields } : { fields: { ...fields }, message: message ?? '' };
    records.push({ level, ...told });
  };
  const log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  } as unknown as Log;
  return { log, records };
}
