import type { Camera } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { CardCopies } from '../store/card-copies.ts';

export type CardReleaseOptions = {
  camera: Pick<Camera, 'release'>;
  copies: Pick<CardCopies, 'due' | 'settled'>;
  /** Is there time for it now? A capture that is due would have to wait. */
  mayRelease: () => boolean;
  everyMs?: number | undefined;
  clock: Clock;
  log: Log;
};

const EVERY_MS = 60_000;
const AGAIN_MS = 1_000;
/** One session with the camera: it is short, so that a capture can come in between. */
const COPIES_MAX = 20;

/** Deletes copies on the camera's card that are delivered, a few at a time, until the signal aborts. */
export async function releaseCards(options: CardReleaseOptions, signal: AbortSignal): Promise<void> {
  const { clock, everyMs = EVERY_MS } = options;
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal);
    // Looks that are as regular as the captures must not always meet one.
    for (let waitedMs = 0; !options.mayRelease() && waitedMs < everyMs; waitedMs += AGAIN_MS) {
      await clock.sleep(AGAIN_MS, signal);
    }
    // A full session means that more is due: a camera that takes many pictures must not fill its card.
    for (let gone = COPIES_MAX; gone === COPIES_MAX && !signal.aborted && options.mayRelease(); ) {
      gone = await releaseSome(options, signal);
    }
  }
}

/** One look: returns how many copies are gone. What cannot be done now is done at a later one. */
export async function releaseSome(options: CardReleaseOptions, signal?: AbortSignal): Promise<number> {
  const { camera, copies, log } = options;
  const due = copies.due(COPIES_MAX);
  if (due.length === 0 || !camera.release) return 0;
  try {
    const outcomes = await camera.release(due, signal);
    const settled = due.flatMap(({ id }, at) => {
      const outcome = outcomes[at];
      return outcome === undefined ? [] : [{ id, outcome }];
    });
    copies.settled(settled);
    const count = (wanted: string) => settled.filter(({ outcome }) => outcome === wanted).length;
    const [other, refused] = [count('other'), count('refused')];
    if (other > 0) log.warn({ other }, 'copies stay on the card: another body, card or file is there');
    if (refused > 0) log.warn({ refused }, 'copies stay on the card: the camera did not delete them');
    return count('deleted');
  } catch (error) {
    log.debug({ code: codeOf(error) }, `copies stay on the card for now: ${messageOf(error)}`);
    return 0;
  }
}
