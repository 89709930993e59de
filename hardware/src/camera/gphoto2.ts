import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Camera, CapturedFile, CaptureRequest } from './camera.ts';
import { cameraHolders } from './camera-holders.ts';
import { extensionOf } from './file-format.ts';
import type { CaptureAnswer } from './gphoto2-capture.ts';
import { type Ending, runCapture } from './gphoto2-child.ts';
import { absentError, captureError, crashedError, timeoutError } from './gphoto2-errors.ts';

export type Gphoto2Options = {
  /** The whole capture, from start of the process to the complete file. */
  timeLimitMs: number;
  /** false deletes the picture on the camera as soon as it is read. */
  keepOnCard: boolean;
  /** The capturing process's whole environment; this process's own where absent. */
  environment?: NodeJS.ProcessEnv | undefined;
  /** How a capturing process is started: `gphoto2-capture.ts` on this Node, unless the agent is packed. */
  child?: CaptureChild | undefined;
};
export type CaptureChild = { command: string; args: string[] };

const ownScript: CaptureChild = {
  command: process.execPath,
  args: [fileURLToPath(new URL('./gphoto2-capture.ts', import.meta.url))],
};

/** Any camera that libgphoto2 knows, on USB. One process a capture: the add-on hangs and crashes, a process can be killed. */
export function createGphoto2({ timeLimitMs, keepOnCard, environment, child = ownScript }: Gphoto2Options): Camera {
  let running: Promise<unknown> | undefined;
  const closing = new AbortController();
  let description = 'gphoto2';

  async function capture(request: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    signal.throwIfAborted();
    const args = [...child.args, request.folder, keepOnCard ? 'keep' : 'delete'];
    const ending = await runCapture({ command: child.command, args, environment, limitMs: timeLimitMs }, signal);
    signal.throwIfAborted();
    const answer = await answerOf(ending, timeLimitMs);
    if ('model' in answer) description = answer.model;
    if ('absent' in answer) throw absentError();
    if ('error' in answer) throw captureError(answer.error, answer.model, await cameraHolders());
    return named(request.folder);
  }

  return {
    get description() {
      return description;
    },
    async capture(request, signal) {
      if (running) {
        throw new VigieError('camera-busy', `capture for ${JSON.stringify(request.source)}: one is running already`, {
          retryable: true,
          hint: 'One capture at a time: a longer interval or a shorter time limit leaves room.',
        });
      }
      const both = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const work = capture(request, both);
      running = work;
      try {
        return await work;
      } catch (error) {
        await empty(request.folder);
        throw error;
      } finally {
        running = undefined;
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new VigieError('camera-closed', 'capture: the camera was closed'));
      // Whoever waits for that capture is told of its end.
      await Promise.allSettled([running]);
    },
  };
}

/** What the process had to say, or the error of its ending. */
async function answerOf(ending: Ending, limitMs: number): Promise<CaptureAnswer> {
  if (ending.timedOut) throw timeoutError(limitMs, await cameraHolders());
  const line = ending.stdout.trimEnd().split('\n').at(-1) ?? '';
  if (ending.code !== 0) throw crashedError(ending.signal ?? `exit code ${ending.code}`, lastWords(ending.stderr));
  try {
    return JSON.parse(line) as CaptureAnswer;
  } catch {
    throw crashedError('an answer that cannot be read', line.slice(0, 200));
  }
}

/** The files of the capture under names that tell their format: the camera's own names do not come with them. */
async function named(folder: string): Promise<CapturedFile[]> {
  const files: CapturedFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    if ((await stat(path)).size === 0) throw crashedError('an empty file', basename(path));
    const extension = await extensionOf(path);
    await rename(path, `${path}.${extension}`);
    files.push({ path: `${path}.${extension}`, extension });
  }
  if (files.length === 0) throw crashedError('no file', 'a picture was announced');
  return files;
}

async function empty(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** The last lines of standard error in one, short enough for a message. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /error|assert|abort|fault|cannot/i.test(line)) ?? lines.at(-1) ?? '';
  return telling.trim().slice(0, 300);
}
