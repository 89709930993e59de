import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** A process that a program starts of itself: what may hang or crash runs in one. */
export type OwnCommand = { command: string; args: string[] };

/** The hidden first argument of a packed program; the part's name and its arguments follow. */
export const PART = 'part';

/**
 * How a part of this program is started as a process of its own: `source` on this Node, or this very executable, which holds all of
 * the program, with the part's name. `name` is one of those in the program's `executable.ts`.
 */
export const ownPart = (name: string, source: URL): OwnCommand =>
  isSea()
    ? { command: process.execPath, args: [PART, name] }
    : { command: process.execPath, args: [fileURLToPath(source)] };

/** The file of a thread: its source, or in a packed program what was built of it and unpacked at its place. */
export const ownThread = (source: URL): URL => (isSea() ? new URL(source.href.replace(/\.ts$/, '.mjs')) : source);
