import { systemClock } from '@vigie/shared/kit/clock';
import type { GphotoCamera } from 'gphoto2';
import { type Body, inOrder, isChosen, type SessionOrder } from './gphoto2-order.ts';

/**
 * One use of a camera through libgphoto2, as a process of its own. `capture FOLDER` takes a plain picture with the gphoto2
 * add-on and leaves it on the camera; `capture FOLDER MODEL PORT` with the body of that model, at that port if it is there;
 * `session ORDER` does what the add-on cannot: its order is a `SessionOrder` in JSON, its answer a `SessionAnswer`.
 *
 * Either may hang or crash (libgphoto2 never returns when a camera refuses; the add-on aborts after a replug), so whoever starts
 * this sets a time limit and reads the last line of standard output, an answer in JSON. It exits with 0 when that line was written.
 *
 * It ends itself when its standard input ends: an agent that was killed leaves no process behind that holds the camera.
 */
export type CaptureAnswer =
  | { path: string; body: Body; found: Body[] }
  | { absent: true; found: Body[] }
  /** A number of libgphoto2's `gphoto2-result.h` or `gphoto2-port-result.h`. */
  | { error: number; body: Body; found: Body[] };

export async function captureOnce(folder: string, model?: string, lastPort?: string): Promise<CaptureAnswer> {
  const { default: gphoto2 } = await import('gphoto2');
  const bus = await new Promise<GphotoCamera[]>((resolve) => new gphoto2.GPhoto2().list(resolve));
  // The add-on aborts when a camera that was listed and never opened is collected: they stay until the process ends.
  listed.push(...bus);
  const found = bus.map(({ model, port }): Body => ({ model, port }));
  const body = inOrder(found, lastPort).find((one) => isChosen(one, { model }));
  const camera = body && bus[found.indexOf(body)];
  if (!camera) return { absent: true, found };
  return new Promise((resolve) => {
    camera.takePicture({ targetPath: `${folder}/XXXXXX`, keep: true }, (error, path) => {
      resolve(error ? { error, body, found } : { path, body, found });
    });
  });
}

/** The program: for the command line below, and for a packed executable that calls it by a hidden subcommand. */
export async function captureMain([what, ...rest]: string[]): Promise<never> {
  const [first, model, port] = rest;
  if (first === undefined || (what !== 'capture' && what !== 'session')) {
    process.stderr.write('usage: gphoto2-capture capture FOLDER [MODEL [PORT]] | session ORDER\n');
    process.exit(2);
  }
  // A blocked call would keep an ordinary exit waiting.
  process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).resume();
  const answer = what === 'capture' ? await captureOnce(first, model || undefined, port) : await session(first);
  await say(answer);
  process.exit(0);
}

/** The library is loaded by the first session alone: a plain capture does without it. */
async function session(order: string) {
  const { runSession } = await import('./gphoto2-session.ts');
  return runSession(JSON.parse(order) as SessionOrder, systemClock, say);
}

const say = (answer: unknown): Promise<unknown> =>
  new Promise((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, resolve));

const listed: GphotoCamera[] = [];

if (import.meta.main) await captureMain(process.argv.slice(2));
