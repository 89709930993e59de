import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';

/** What came of a press or a movement: a picture was asked for, or why not. */
export type TriggerOutcome = 'capture' | 'too-soon' | 'capturing';

/** @param sinceMs how long ago the last capture by this input began; undefined before the first */
export function decideTrigger(sinceMs: number | undefined, pauseMs: number, capturing: boolean): TriggerOutcome {
  if (capturing) return 'capturing';
  return sinceMs !== undefined && sinceMs < pauseMs ? 'too-soon' : 'capture';
}

/** An input that asks for pictures of a source. */
export type Trigger = {
  readonly input: string;
  readonly source: string;
  /** When it asked for a picture last, ms since 1970. */
  readonly lastAt: number | null;
  /** A button was pressed, something moved. Never throws: what came of the capture is told by the capturer. */
  fire(): TriggerOutcome;
};

export function createTrigger(options: {
  input: string;
  source: string;
  /** From one capture to the next at least, in milliseconds. */
  pauseMs: number;
  capture: (source: string, at: number) => Promise<unknown>;
  /** A picture is asked for. */
  triggered: () => void;
  clock: Clock;
  log: Log;
}): Trigger {
  const { input, source, pauseMs, clock, log } = options;
  let begunAt: number | undefined;
  let lastAt: number | null = null;
  let capturing = false;

  async function capture(at: number): Promise<void> {
    try {
      await options.capture(source, at);
    } catch (error) {
      log.warn({ input, source, code: codeOf(error) }, `a triggered capture gave no picture: ${messageOf(error)}`);
    } finally {
      capturing = false;
    }
  }

  return {
    input,
    source,
    get lastAt() {
      return lastAt;
    },
    fire() {
      const now = clock.monotonic();
      const outcome = decideTrigger(begunAt === undefined ? undefined : now - begunAt, pauseMs, capturing);
      if (outcome !== 'capture') {
        log.debug({ input, source, outcome }, 'an input asked for a picture and got none');
        return outcome;
      }
      begunAt = now;
      lastAt = clock.now();
      capturing = true;
      log.info({ input, source }, 'an input triggers a capture');
      try {
        options.triggered();
      } catch (error) {
        log.warn({ input, code: codeOf(error) }, `a triggered capture could not be told: ${messageOf(error)}`);
      }
      void capture(lastAt);
      return outcome;
    },
  };
}
