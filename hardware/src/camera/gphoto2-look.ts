import { VigieError } from '@vigie/shared/kit/errors';
import { ownPart } from '@vigie/shared/kit/own-part';
import type { CameraCondition } from './camera.ts';
import { runCapture } from './gphoto2-child.ts';
import { absentError, captureError } from './gphoto2-errors.ts';
import type { Body, BodyChoice, SessionAnswer, SessionOrder } from './gphoto2-order.ts';

export type Gphoto2Look = { body: Body; condition: CameraCondition | undefined; found: Body[] };

/**
 * Opens the chosen camera, asks how it is, and lets it go: no picture is taken. Errors are those of a capture. What is
 * looked at is held for a second or two: a capture of somebody else may be refused meanwhile.
 */
export async function lookAtGphoto2(
  options: { choice: BodyChoice; limitMs: number; environment?: NodeJS.ProcessEnv | undefined },
  signal: AbortSignal,
): Promise<Gphoto2Look> {
  const { choice, limitMs, environment } = options;
  const order: SessionOrder = { choice, settings: {}, condition: true };
  const part = ownPart('capture', new URL('./gphoto2-capture.ts', import.meta.url));
  const args = [...part.args, 'session', JSON.stringify(order)];
  const ending = await runCapture({ command: part.command, args, environment, limitMs }, signal);
  signal.throwIfAborted();
  if (ending.timedOut) throw failed('camera-timeout', `it has not answered within ${limitMs} ms`);
  const line = ending.stdout.trimEnd().split('\n').at(-1) ?? '';
  if (ending.code !== 0) {
    const said = ending.stderr.split('\n').findLast((text) => /error|cannot|abort/i.test(text)) ?? '';
    throw failed(
      'camera-crashed',
      `its process ended with ${ending.signal ?? ending.code}: ${said.trim().slice(0, 300)}`,
    );
  }
  const answer = JSON.parse(line) as SessionAnswer;
  const { body, condition, found, error } = answer;
  if (error && 'number' in error) throw captureError(error.number, body?.model ?? 'gphoto2', []);
  if (!body) throw absentError(choice, found);
  return { body, condition, found };
}

const failed = (code: string, is: string) =>
  new VigieError(code, `look at the camera with "gphoto2": ${is}`, {
    retryable: true,
    hint: 'Switch the camera off and on; if it stays so, see who holds it.',
  });
