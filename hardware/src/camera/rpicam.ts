import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Camera, CapturedFile, CaptureRequest } from './camera.ts';
import { guarded } from './guarded.ts';
import { endsAsJpeg } from './jpeg-end.ts';
import { runProgram } from './program.ts';
import { type RpicamSettings, rpicamArguments } from './rpicam-arguments.ts';
import { fileFault, lateError, refusal } from './rpicam-errors.ts';

export type RpicamOptions = RpicamSettings & {
  /** The program; `rpicam-still`, or `libcamera-still` as it was called before 2024, where absent. */
  command?: string | undefined;
  /** The whole capture, from start of the program to the complete files. */
  timeLimitMs: number;
  /** The program's whole environment; this process's own where absent. */
  environment?: NodeJS.ProcessEnv | undefined;
};

const NAMES = ['rpicam-still', 'libcamera-still'];

/** The Raspberry Pi's own camera, by the program that comes with it. One process a capture, which sets the sensor up anew. */
export function createRpicam(options: RpicamOptions): Camera {
  const { timeLimitMs, environment, command, raw } = options;
  const commands = command === undefined ? NAMES : [command];
  const args = rpicamArguments(options, 'picture.jpg');
  let description = commands[0] as string;

  async function take({ folder }: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    // The program keeps 127 bytes of an output path, and takes "%" in it for a counter: it works in the folder itself.
    const end = await runProgram({ commands, args, folder, environment }, signal);
    description = modelOf(end.stderr) ?? end.command;
    if (signal.aborted) throw lateError(end.stderr, timeLimitMs) ?? signal.reason;
    if (end.code !== 0) throw refusal(end);
    // The program encodes the JPEG first, and then the RAW of the same frame: with RAW a capture is both.
    const names = raw ? ['picture.jpg', 'picture.dng'] : ['picture.jpg'];
    return Promise.all(names.map((name) => checked(folder, name)));
  }

  return guarded({
    name: 'rpicam-still',
    description: () => description,
    timeLimitMs,
    lateHint: 'Check the camera’s ribbon cable, and that "timeLimit" leaves room for "settle" and the exposure.',
    take,
  });
}

/** A file that must be there, with bytes, and to its end: the program ends every JPEG with its marker. */
async function checked(folder: string, name: string): Promise<CapturedFile> {
  const path = join(folder, name);
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) throw fileFault(name, 'it was not written');
  if (size === 0) throw fileFault(name, 'it is empty');
  const extension = name.slice(name.lastIndexOf('.') + 1);
  if (extension === 'jpg' && !(await endsAsJpeg(path))) throw fileFault(name, 'it breaks off');
  return { path, extension };
}

/** The sensor, from libcamera's line on the camera that it registered: `… Registered camera /base/soc/i2c0mux/i2c@1/imx708@1a to …`. */
function modelOf(stderr: string): string | undefined {
  const sensor = /Registered camera \S*?([\w-]+)@[0-9a-f]+ to /.exec(stderr)?.[1];
  return sensor && `Raspberry Pi camera ${sensor}`;
}
