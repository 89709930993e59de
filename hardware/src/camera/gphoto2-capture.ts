import type { GphotoCamera } from 'gphoto2';

/**
 * One capture with the gphoto2 add-on, as a process of its own: `FOLDER keep|delete`. The add-on may hang or crash
 * (libgphoto2 never returns when a camera refuses; the add-on aborts after a replug), so whoever starts this sets a time limit
 * and reads the last line of standard output, a `CaptureAnswer` in JSON. It exits with 0 when that line was written.
 *
 * It ends itself when its standard input ends: an agent that was killed leaves no process behind that holds the camera.
 */
export type CaptureAnswer =
  | { path: string; model: string }
  | { absent: true }
  /** A number of libgphoto2's `gphoto2-result.h` or `gphoto2-port-result.h`. */
  | { error: number; model: string };

export async function captureOnce(folder: string, keep: boolean): Promise<CaptureAnswer> {
  const { default: gphoto2 } = await import('gphoto2');
  const found = await new Promise<GphotoCamera[]>((resolve) => new gphoto2.GPhoto2().list(resolve));
  // The add-on aborts when a camera that was listed and never opened is collected: they stay until the process ends.
  listed.push(...found);
  const camera = found[0];
  if (!camera) return { absent: true };
  const { model } = camera;
  return new Promise((resolve) => {
    camera.takePicture({ targetPath: `${folder}/XXXXXX`, keep }, (error, path) => {
      resolve(error ? { error, model } : { path, model });
    });
  });
}

/** The program: for the command line below, and for a packed executable that calls it by a hidden subcommand. */
export async function captureMain([folder, after]: string[]): Promise<never> {
  if (folder === undefined || (after !== 'keep' && after !== 'delete')) {
    process.stderr.write('usage: gphoto2-capture FOLDER keep|delete\n');
    process.exit(2);
  }
  // A blocked call of the add-on would keep an ordinary exit waiting.
  process.stdin.on('close', () => process.kill(process.pid, 'SIGKILL')).resume();
  const answer = await captureOnce(folder, after === 'keep');
  await new Promise((resolve) => process.stdout.write(`${JSON.stringify(answer)}\n`, resolve));
  process.exit(0);
}

const listed: GphotoCamera[] = [];

if (import.meta.main) await captureMain(process.argv.slice(2));
