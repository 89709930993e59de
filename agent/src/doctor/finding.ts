/** What was looked at: the first column of the doctor's table. */
export const AREAS = [
  'camera',
  'power',
  'clock',
  'disk',
  'font',
  'destination',
  'broker',
  'program',
  'ledger',
] as const;
export type Area = (typeof AREAS)[number];

/**
 * One thing that is well, has to be mended, or cannot be told here. `code` is stable; `fix` is one line that can be run, or that says what
 * to do with one's hands, and is there for everything to be mended.
 */
export type Finding =
  | { state: 'ok' | 'unknown'; code: string; message: string }
  | { state: 'mend'; code: string; message: string; fix: string };

/** A finding with what it is about: a source's, a destination's or a file's name. */
export type Found = Finding & { area: Area; subject: string };

/**
 * One look, which neither knows of the others nor changes what it looks at. It ends soon after the signal aborts; `limitMs` is its own
 * limit, where it needs longer than others.
 */
export type Check = {
  area: Area;
  subject: string;
  limitMs?: number | undefined;
  look(signal: AbortSignal): Promise<Finding[]>;
};

export const ok = (code: string, message: string): Finding => ({ state: 'ok', code, message });
export const unknown = (code: string, message: string): Finding => ({ state: 'unknown', code, message });
export const mend = (code: string, message: string, fix: string): Finding => ({ state: 'mend', code, message, fix });

/** Text as one word of a shell's command line. */
export const word = (text: string): string =>
  /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
