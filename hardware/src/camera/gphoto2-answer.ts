import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CapturedFile } from './camera.ts';
import { cameraHolders } from './camera-holders.ts';
import { extensionOf } from './file-format.ts';
import type { CaptureAnswer } from './gphoto2-capture.ts';
import type { Ending } from './gphoto2-child.ts';
import { crashedError, timeoutError } from './gphoto2-errors.ts';
import type { SavedFile, SessionAnswer } from './gphoto2-order.ts';

/** What the process had to say, or the error of its ending. */
export async function captureAnswer(ending: Ending, limitMs: number): Promise<CaptureAnswer> {
  if (ending.timedOut) throw timeoutError(limitMs, await cameraHolders());
  return (await lastLine(ending)) as CaptureAnswer;
}

/**
 * What the session had to say. It speaks after each step, so one that hangs or crashes after its pictures were safe is heard,
 * unless that step was the last that was asked for.
 */
export async function sessionAnswer(ending: Ending, limitMs: number, signal: AbortSignal): Promise<SessionAnswer> {
  if (ending.code !== 0 && !signal.aborted) {
    const said = spoken(ending);
    if (said !== undefined && said.files.length > 0 && !said.error) return said;
  }
  signal.throwIfAborted();
  if (ending.timedOut) throw timeoutError(limitMs, await cameraHolders());
  return (await lastLine(ending)) as SessionAnswer;
}

function spoken(ending: Ending): SessionAnswer | undefined {
  const line = ending.stdout.split('\n').findLast((text) => text.startsWith('{'));
  return line === undefined ? undefined : (JSON.parse(line) as SessionAnswer);
}

async function lastLine(ending: Ending): Promise<unknown> {
  const line = ending.stdout.trimEnd().split('\n').at(-1) ?? '';
  if (ending.code !== 0) throw crashedError(ending.signal ?? `exit code ${ending.code}`, lastWords(ending.stderr));
  try {
    return JSON.parse(line);
  } catch {
    throw crashedError('an answer that cannot be read', line.slice(0, 200));
  }
}

/** The capture's files under names that tell their format. */
export async function named(folder: string, saved: readonly SavedFile[]): Promise<CapturedFile[]> {
  const files: CapturedFile[] = [];
  for (const { name, card } of saved) {
    const path = join(folder, name);
    if ((await stat(path)).size === 0) throw crashedError('an empty file', name);
    const extension = await extensionOf(path);
    // The camera's own extension only where it tells the same: `.JPG`, not `.TIF` on a RAW file.
    const isSame = path.toLowerCase().endsWith(`.${extension}`);
    const to = `${isSame ? path.slice(0, -extension.length - 1) : path}.${extension}`;
    await rename(path, to);
    files.push({ path: to, extension, ...(card && { card }) });
  }
  return files;
}

/** After an error. What has bytes may be the only copy of a picture: it stays for whoever owns the folder. */
export async function removeEmptyFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if ((await stat(path)).size === 0) await rm(path, { force: true });
  }
}

/** The last lines of standard error in one, short enough for a message. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /error|assert|abort|fault|cannot/i.test(line)) ?? lines.at(-1) ?? '';
  return telling.trim().slice(0, 300);
}
