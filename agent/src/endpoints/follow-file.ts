import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';

/** Follows a file that people edit: it is read again when it has changed, or when it is asked for. */
export type FollowedFile = {
  /** Looks until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Reads it at once, as SIGHUP asks for. */
  reload(): void;
};

/**
 * @param changed the text is another one than before; what it throws is told to `faulty`, and the text counts as read
 * @param faulty the file cannot be read, or what is in it cannot be used
 */
export function followFile(options: {
  file: string;
  text: string;
  changed: (text: string) => Promise<void>;
  faulty: (error: unknown) => void;
  clock: Clock;
}): FollowedFile {
  const { file, changed, faulty, clock } = options;
  let text = options.text;
  let waking = new AbortController();
  let asked = false;
  let seen: string | undefined;
  let read: string | undefined;
  let told = '';

  /** Only a file that has stayed the same for one look is read: a half-written one may be sound YAML too. */
  async function look(): Promise<void> {
    const { mtimeMs, ctimeMs, size, ino } = await stat(file);
    const now = `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
    const due = asked || (now === seen && now !== read);
    seen = now;
    if (!due) return;
    asked = false;
    read = now;
    const next = await readFile(file, 'utf8');
    if (next === text) return;
    text = next;
    await changed(next);
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        try {
          await look();
          told = '';
        } catch (error) {
          const message = `${codeOf(error)} ${messageOf(error)}`;
          if (message !== told) faulty(error);
          told = message;
        }
        if (!asked) await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([signal, waking.signal]));
      }
    },
    reload() {
      asked = true;
      waking.abort();
      waking = new AbortController();
    },
  };
}

const LOOK_EVERY_MS = 1_000;
