import { lstatSync, realpathSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { replaceFile } from '@vigie/shared/kit/durable';
import { VigieError } from '@vigie/shared/kit/errors';
import { UsageError } from '../commands/usage.ts';

/** Where a command's result goes. Text is held back until it is whole, so that a failure leaves no half of a result. */
export type Output = { write(chunks: Buffer[]): Promise<void> };

/** Standard output, or a file that is put in place whole; what cannot be a file is told before the work begins. */
export function openOutput(file: string | undefined): Output {
  if (file === undefined) return { write: toStandardOutput };
  const target = targetOf(file);
  return {
    async write(chunks) {
      try {
        // A device or a pipe is written to; only a regular file may be replaced.
        if (target.special) await writeFile(target.path, chunks);
        else await replaceFile(target.path, Buffer.concat(chunks));
      } catch (error) {
        throw new VigieError('output', `write ${JSON.stringify(file)}`, { cause: error });
      }
    },
  };
}

/** Only a regular file, or a name that nothing has, is ever replaced. `stat` follows links such as /dev/stdout; `lstat` does not. */
function targetOf(file: string): { path: string; special: boolean } {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new UsageError(`--output ${JSON.stringify(file)}: it is a folder: a file is allowed`);
  if (stat?.isFile()) return { path: realpathSync(file), special: false };
  const path = resolve(file);
  // A device, a pipe, or a link whose end is not there: written through, never renamed over.
  if (stat !== undefined || lstatSync(path, { throwIfNoEntry: false }) !== undefined) return { path, special: true };
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--output ${JSON.stringify(file)}: its folder does not exist: make it first`);
  }
  return { path, special: false };
}

// Control characters but newline, tab and carriage return before newline; the second range is C1, which terminals obey too.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]|\r(?!\n)/g;

async function toStandardOutput(chunks: Buffer[]): Promise<void> {
  for (const chunk of chunks) {
    // In a pipe names go out as they are. A terminal would obey them.
    const out = process.stdout.isTTY
      ? chunk.toString('utf8').replace(CONTROL, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
      : chunk;
    await new Promise<void>((done, fail) => process.stdout.write(out, (error) => (error ? fail(error) : done())));
  }
}
