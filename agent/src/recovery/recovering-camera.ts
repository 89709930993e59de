import { readdir } from 'node:fs/promises';
import type { Camera, CapturedFile, CaptureRequest, CardCopy, CardRelease } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import type { Attempts } from './attempts.ts';
import { isCameraFailure, type Rung, type Step } from './ladder.ts';
import type { LadderBook, Used } from './ladder-book.ts';

/**
 * What a rung does to a camera, in words that follow its outcome. Throws a VigieError where it cannot be done: `not-possible`,
 * `usb-absent`, `usb-ambiguous` and `usb-permission` say that there is nothing to work on.
 */
export type UseRung = (rung: Exclude<Rung, 'retry'>, signal: AbortSignal) => Promise<string>;

export type RecoveringCameraOptions = {
  attempts: Attempts;
  ladder: LadderBook;
  useRung: UseRung;
  /** Further attempts of one capture begin within this time … */
  budgetMs: number;
  /** … and before the next slot, which is so far away; undefined where none is due. */
  roomMs: () => number | undefined;
  /** One use of a rung. */
  rungLimitMs: number;
  clock: Clock;
};

/** A capture that no slot follows was ordered by hand: somebody waits for the answer. */
const ROOM_BY_HAND_MS = 15_000;

/**
 * A camera that climbs the recovery ladder when it gives no picture. A capture tries again as long as its budget lets it, and throws
 * the last failure then; the next capture goes on where this one was. A capture that is asked for meanwhile is refused
 * with `camera-busy`, and lets the next attempt come at once.
 */
export function createRecoveringCamera(options: RecoveringCameraOptions): Camera {
  const { attempts, ladder, clock } = options;
  const closing = new AbortController();
  let running: Promise<unknown> | undefined;
  let releasing: Promise<unknown> | undefined;
  let doing = '';
  /** Between two attempts of one capture: nobody uses the camera. */
  let pausing = false;
  let hurry = new AbortController();

  async function use(step: Step, signal: AbortSignal): Promise<Used> {
    const { rung } = step;
    doing = `the camera gave no picture; what is tried now is "${rung}"`;
    if (step.pauseMs > 0) {
      hurry = new AbortController();
      pausing = true;
      try {
        await clock.sleep(step.pauseMs, AbortSignal.any([signal, hurry.signal]));
      } finally {
        pausing = false;
      }
      await Promise.allSettled([releasing]);
      signal.throwIfAborted();
    }
    ladder.begin(step);
    if (rung === 'retry') return { rung, words: '' };
    const over = new AbortController();
    try {
      const late = clock.sleep(options.rungLimitMs, over.signal).then(() => {
        throw new VigieError('recovery-timeout', `use rung "${rung}": it took more than ${options.rungLimitMs} ms`);
      });
      // Where the rung itself has ended first, nobody is left to tell.
      late.catch(() => undefined);
      if (rung === 'redetect') attempts.reopen();
      const words = options.useRung(rung, AbortSignal.any([signal, over.signal]));
      return { rung, words: await Promise.race([words, late]) };
    } catch (failure) {
      signal.throwIfAborted();
      return { rung, words: '', failure };
    } finally {
      over.abort();
    }
  }

  /** The rung that is due before a capture that follows a failed one; what would end the agent waits for its outcome. */
  function dueBefore(): Step | undefined {
    if (!ladder.isFailing()) return undefined;
    const step = ladder.next();
    if (step && step.rung !== 'retry' && !endsAgent(step.rung)) return step;
    ladder.attempted();
    return undefined;
  }

  async function capture(request: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    const begin = clock.monotonic();
    const spentMs = () => clock.monotonic() - begin;
    const leftMs = () => Math.min(options.budgetMs - spentMs(), options.roomMs() ?? ROOM_BY_HAND_MS - spentMs());
    // The card is being cleared, which has a limit of its own.
    await Promise.allSettled([releasing]);
    signal.throwIfAborted();
    for (let step = dueBefore(), first = true; ; first = false) {
      const used = step && (await use(step, signal));
      const attemptAt = clock.monotonic();
      const takenAt = clock.now();
      const isLate = !first || used !== undefined;
      doing = 'a capture is running';
      try {
        const files = await attempts.attempt(isLate ? { ...request, at: takenAt } : request, signal);
        ladder.recovered(used);
        // Names tell the time of the picture, which is not that of the slot any more.
        return isLate ? files.map((file) => ({ takenAt, ...file })) : files;
      } catch (error) {
        signal.throwIfAborted();
        if (!isCameraFailure(codeOf(error))) throw error;
        ladder.failed(error, used);
        step = ladder.next();
        if (!step) throw error;
        if (endsAgent(step.rung)) {
          const { failure } = await use(step, signal);
          if (failure !== undefined) ladder.couldNot(step.rung, failure);
          throw error;
        }
        if (leftMs() < step.pauseMs + clock.monotonic() - attemptAt) throw error;
        // What has come is handed over before anything else comes into the folder.
        if ((await readdir(request.folder)).length > 0) throw error;
      }
    }
  }

  const awaitsRoom = () => pausing && ladder.isCardFull();

  /**
   * The card's turn comes when the ladder is at rest: a camera that gives no picture is left alone. One whose card is full is not: clearing
   * the card is what brings pictures back.
   */
  async function release(copies: readonly CardCopy[], signal?: AbortSignal): Promise<CardRelease[]> {
    const camera = attempts.current();
    const isInUse = running !== undefined && !awaitsRoom();
    if (isInUse || (ladder.isFailing() && !ladder.isCardFull()) || !camera.release) {
      const is = isInUse ? doing : 'the camera gives no picture';
      throw new VigieError('camera-busy', `clear the card of "${camera.description}": ${is}`, {
        retryable: true,
        hint: 'It is tried again later.',
      });
    }
    const work = camera.release(copies, signal);
    releasing = work;
    return await work;
  }

  return {
    get description() {
      return attempts.current().description;
    },
    condition: () => attempts.current().condition?.(),
    ...(attempts.current().release ? { release, awaitsRoom } : {}),
    async capture(request, signal) {
      if (running) {
        hurry.abort();
        throw new VigieError('camera-busy', `capture for ${JSON.stringify(request.source)}: ${doing}`, {
          retryable: true,
          hint: 'One capture at a time: the one that is under way was told to hurry; ask again when it has ended.',
        });
      }
      doing = 'a capture is running';
      const work = capture(request, signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);
      running = work;
      try {
        return await work;
      } finally {
        running = undefined;
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new VigieError('camera-closed', 'capture: the camera was closed'));
      // Whoever waits for that capture is told of its end.
      await Promise.allSettled([running]);
      await attempts[Symbol.asyncDispose]();
    },
  };
}

const endsAgent = (rung: Rung): boolean => rung === 'restart-agent' || rung === 'reboot';
