import { basename } from 'node:path';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import { type OwnCommand, ownPart } from '@vigie/shared/kit/own-part';
import type { Camera, CameraCondition, CapturedFile, CaptureRequest } from './camera.ts';
import { cameraHolders } from './camera-holders.ts';
import { captureAnswer, named, removeEmptyFiles, sessionAnswer } from './gphoto2-answer.ts';
import { type Ending, runCapture } from './gphoto2-child.ts';
import { absentError, captureError, crashedError, incompleteError, settingError } from './gphoto2-errors.ts';
import {
  type Body,
  type BodyChoice,
  type CaptureTarget,
  isChosen,
  type SessionAnswer,
  type SessionOrder,
} from './gphoto2-order.ts';
import { type CaptureWish, type KeepOnCard, targetOf, wayOf } from './gphoto2-way.ts';

export type Gphoto2Options = {
  /** The whole capture, from start of the process to the complete files. */
  timeLimitMs: number;
  /** The card's copy of a picture; true is `always`, false `never`. `never` deletes it when all files are safe here. */
  keepOnCard: KeepOnCard | boolean;
  /** Which of several bodies; the first one where nothing is said. */
  choice?: BodyChoice | undefined;
  /** The camera's settings by libgphoto2's names: set before a capture where they differ, and read back. */
  settings?: Readonly<Record<string, string>> | undefined;
  /** Where the camera puts a picture before it is read. The camera's own setting where absent. */
  captureTarget?: CaptureTarget | undefined;
  /** Files of one shutter release; told by the camera's picture format where absent. */
  files?: number | undefined;
  /** How long further files of a release are waited for: 15 s where absent, at most half the time limit. */
  filesLimitMs?: number | undefined;
  /** How old the camera's condition may become before it is read again, after a capture. */
  conditionEveryMs?: number | undefined;
  /** Hears what should be mended and does not stop a capture, each once. */
  warn?: ((message: string) => void) | undefined;
  /** The capturing process's whole environment; this process's own where absent. */
  environment?: NodeJS.ProcessEnv | undefined;
  /** How a capturing process is started: as this program's own part where absent. */
  child?: OwnCommand | undefined;
};

const ownCapture = ownPart('capture', new URL('./gphoto2-capture.ts', import.meta.url));

const CONDITION_EVERY_MS = 10 * 60_000;
/** What is not a capture gets this long, and no longer than a capture. */
const UPKEEP_LIMIT_MS = 20_000;
/** A capture that is due waits this long for other work with its camera, then that is killed. */
const UPKEEP_GRACE_MS = 1_500;
const FILES_LIMIT_MS = 15_000;

/**
 * Any camera that libgphoto2 knows, on USB. Each use of it is one process: libgphoto2 hangs and crashes, a process can be killed.
 */
export function createGphoto2(options: Gphoto2Options): Camera {
  const { timeLimitMs, environment, child = ownCapture, warn = () => undefined } = options;
  const { conditionEveryMs = CONDITION_EVERY_MS } = options;
  const wish: CaptureWish = {
    choice: options.choice ?? {},
    settings: options.settings ?? {},
    captureTarget: options.captureTarget,
    keepOnCard: typeof options.keepOnCard === 'string' ? options.keepOnCard : options.keepOnCard ? 'always' : 'never',
    files: options.files,
  };
  const { choice } = wish;
  const closing = new AbortController();
  const warned = new Set<string>();
  let running: Promise<unknown> | undefined;
  /** Work with the camera that is no capture, and how it is killed. */
  let upkeep: { work: Promise<unknown>; kill: AbortController } | undefined;
  let body: Body | undefined;
  let filesPerCapture: number | undefined;
  let condition: CameraCondition | undefined;

  function warnOnce(message: string): void {
    if (warned.has(message)) return;
    warned.add(message);
    warn(message);
  }

  async function run(args: string[], limitMs: number, signal: AbortSignal): Promise<Ending> {
    signal.throwIfAborted();
    const ending = await runCapture(
      { command: child.command, args: [...child.args, ...args], environment, limitMs },
      signal,
    );
    return ending;
  }

  async function session(
    order: Omit<SessionOrder, 'choice' | 'lastPort'>,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<SessionAnswer> {
    const whole: SessionOrder = { choice, lastPort: body?.port, ...order };
    const ending = await run(['session', JSON.stringify(whole)], limitMs, signal);
    const answer = await sessionAnswer(ending, limitMs, signal);
    sawBus(answer.found, answer.body);
    if (!answer.body && !answer.error) throw absentError(choice, answer.found);
    filesPerCapture = answer.filesPerCapture ?? filesPerCapture;
    return answer;
  }

  function sawBus(found: readonly Body[], chosen: Body | undefined): void {
    if (!chosen) return;
    body = chosen;
    const fitting = found.filter((one) => isChosen(one, choice) !== false);
    if (fitting.length < 2 || choice.serial !== undefined || choice.owner !== undefined) return;
    const names = fitting.map(({ model, port }) => `"${model}" at ${port}`).join(', ');
    warnOnce(
      `${fitting.length} cameras on USB are as configured (${names}): the first is used; say "serial" or "owner"`,
    );
  }

  const isDue = (at: number) => condition === undefined || Math.abs(at - condition.at) >= conditionEveryMs;

  async function plainCapture({ folder }: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    const args = ['capture', folder, ...bodyArguments(choice, body)];
    const ending = await run(args, timeLimitMs, signal);
    signal.throwIfAborted();
    const answer = await captureAnswer(ending, timeLimitMs);
    if ('absent' in answer) throw absentError(choice, answer.found);
    sawBus(answer.found, answer.body);
    if ('error' in answer) throw captureError(answer.error, answer.body.model, await cameraHolders());
    return named(folder, [{ name: basename(answer.path) }]);
  }

  async function sessionCapture({ folder, at }: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    const { keepOnCard, files } = wish;
    const order = {
      folder,
      files,
      thenDelete: keepOnCard === 'never',
      rememberCard: keepOnCard === 'until-delivered',
      filesLimitMs: Math.min(options.filesLimitMs ?? FILES_LIMIT_MS, timeLimitMs / 2),
    };
    const whole = { settings: wish.settings, captureTarget: targetOf(wish), capture: order, condition: isDue(at) };
    const answer = await session(whole, timeLimitMs, signal);
    if (answer.condition) condition = { ...answer.condition, at };
    const { error } = answer;
    const model = answer.body?.model ?? description();
    if (error && 'setting' in error) throw settingError(error, model);
    if (error && 'missing' in error) throw incompleteError(error.came, error.missing, model);
    if (error) throw captureError(error.number, model, await cameraHolders());
    if (answer.afterwards !== undefined) {
      warnOnce(`the picture is here, but the camera refused what came after it (libgphoto2 ${answer.afterwards})`);
    }
    return named(folder, answer.files);
  }

  /** After a plain capture: the add-on has no safe way to ask the camera for anything. */
  function readConditionSoon(at: number): void {
    if (closing.signal.aborted || !isDue(at)) return;
    const work = startUpkeep((signal) =>
      session({ settings: {}, condition: true }, Math.min(UPKEEP_LIMIT_MS, timeLimitMs), signal).then((answer) => {
        if (answer.condition) condition = { ...answer.condition, at };
      }),
    );
    work.catch((error: unknown) => {
      // Asked again after the next capture that is due, not after each one.
      condition = condition && { ...condition, at };
      if (!closing.signal.aborted) warnOnce(`the camera's condition could not be read: ${messageOf(error)}`);
    });
  }

  function startUpkeep<T>(start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const kill = new AbortController();
    const work = start(AbortSignal.any([kill.signal, closing.signal]));
    const mine = { work, kill };
    upkeep = mine;
    const end = () => {
      if (upkeep === mine) upkeep = undefined;
    };
    work.then(end, end);
    return work;
  }

  /** A capture has precedence. */
  async function endUpkeep(): Promise<void> {
    if (!upkeep) return;
    const { work, kill } = upkeep;
    const timer = setTimeout(
      () => kill.abort(new VigieError('camera-busy', 'a capture was due', { retryable: true })),
      UPKEEP_GRACE_MS,
    );
    await Promise.allSettled([work]);
    clearTimeout(timer);
  }

  async function capture(request: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    await endUpkeep();
    signal.throwIfAborted();
    if (wayOf(wish, filesPerCapture) === 'session') {
      try {
        return await sessionCapture(request, signal);
      } catch (error) {
        // Where no session works at all, a plain picture can be had still.
        if (codeOf(error) === 'camera-crashed') filesPerCapture ??= 1;
        throw error;
      }
    }
    const files = await plainCapture(request, signal);
    readConditionSoon(request.at);
    return files;
  }

  const description = () => body?.model ?? 'gphoto2';

  return {
    get description() {
      return description();
    },
    condition: () => condition,
    async capture(request, signal) {
      if (running) throw busyError(`capture for ${JSON.stringify(request.source)}`);
      const both = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const work = capture(request, both);
      running = work;
      try {
        return await work;
      } catch (error) {
        await removeEmptyFiles(request.folder);
        throw error;
      } finally {
        running = undefined;
      }
    },
    async release(copies, signal) {
      if (running || upkeep) throw busyError(`release ${copies.length} copies on the card`);
      const both = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      const limitMs = Math.min(UPKEEP_LIMIT_MS, timeLimitMs);
      const order = { settings: {}, release: copies, condition: false };
      const answer = await startUpkeep((ends) => session(order, limitMs, AbortSignal.any([both, ends])));
      const { error, released } = answer;
      if (released.length === copies.length) return released;
      if (error && 'number' in error) throw captureError(error.number, description(), await cameraHolders());
      throw crashedError('too few outcomes', `${released.length} of ${copies.length}`);
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new VigieError('camera-closed', 'capture: the camera was closed'));
      // Whoever waits for that capture is told of its end.
      await Promise.allSettled([running, upkeep?.work]);
    },
  };
}

/** The add-on is told a model and, after it, where the body was last. */
const bodyArguments = ({ model }: BodyChoice, last: Body | undefined): string[] =>
  last ? [model ?? '', last.port] : model === undefined ? [] : [model];

function busyError(action: string): VigieError {
  return new VigieError('camera-busy', `${action}: the camera is in use already`, {
    retryable: true,
    hint: 'One use at a time: a longer interval or a shorter time limit leaves room.',
  });
}
