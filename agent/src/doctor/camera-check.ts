import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import { type Finding, mend, ok } from './finding.ts';

export type CameraCheckOptions = {
  /** Asks the camera who it is, without a picture: its words, or a VigieError of a capture. Undefined where nobody can be asked. */
  look: ((signal: AbortSignal) => Promise<string>) | undefined;
  /** Takes one picture and throws it away: its words; undefined unless that was asked for. */
  capture: ((signal: AbortSignal) => Promise<string>) | undefined;
};

/** Is the camera there, and with `capture`: does it give a picture? */
export async function checkCamera({ look, capture }: CameraCheckOptions, signal: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  // One after the other: a camera has one user at a time.
  if (look) findings.push(await outcome('camera', look, signal));
  if (capture && findings.every(({ state }) => state === 'ok'))
    findings.push(await outcome('camera-picture', capture, signal));
  return findings;
}

async function outcome(
  code: string,
  ask: (signal: AbortSignal) => Promise<string>,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    return ok(code, await ask(signal));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof VigieError)) throw error;
    return mend(codeOf(error), messageOf(error), error.hint ?? FIX);
  }
}

const FIX = 'Switch the camera off and on, check cable and card, then run this again.';
