import { z } from 'zod';

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration in configuration: a number with its unit, `500ms`, `5s`, `10m`, `2h`, `1d`. Parsed to milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a number with a unit is allowed: 500ms, 5s, 10m, 2h, 1d')
  .transform((text) => {
    const [, amount, unit] = /^([\d.]+)(\w+)$/.exec(text) as unknown as [string, string, keyof typeof UNITS];
    return Math.round(Number(amount) * UNITS[unit]);
  });
