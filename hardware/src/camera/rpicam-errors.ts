import { VigieError } from '@vigie/shared/kit/errors';
import { endingOf, lastWords, type ProgramEnd } from './program.ts';

/**
 * What the program says on standard error, and what it means for an operator. Sources: rpicam-apps 1.5 (`core/rpicam_app.cpp`,
 * `apps/rpicam_still.cpp`) and libcamera 0.3 (`camera.cpp`, `v4l2_videodevice.cpp`).
 */
const MEANING: [said: RegExp, code: string, what: string, hint: string][] = [
  [
    /no cameras available/i,
    'camera-absent',
    'no camera is found',
    'Check the ribbon cable at both ends, with the power off, and "camera_auto_detect" in config.txt; then "rpicam-still --list-cameras".',
  ],
  [
    /selected camera is not available/i,
    'camera-absent',
    'there is no camera of this number',
    '"rpicam-still --list-cameras" shows the numbers that "camera" may have.',
  ],
  [
    /in use by another process|failed to acquire camera|Device or resource busy/i,
    'camera-busy',
    'another program holds the camera',
    'Stop the other program; "fuser /dev/media*" names it.',
  ],
  [
    /unrecogni[sz]ed option|required argument|is invalid|illegal |Invalid |not supported|ambiguous/,
    'camera-refused',
    'it does not take an argument',
    'Compare the settings with "rpicam-still --help"; an older program knows fewer.',
  ],
  [
    /failed to allocate|allocation failure|Cannot allocate memory/i,
    'camera-refused',
    'there is no memory for the picture',
    'Make the picture smaller, or give more to "cma" in config.txt.',
  ],
  [
    /Permission denied/i,
    'camera-refused',
    'it may not use the camera',
    'The agent’s user must be in the group "video".',
  ],
  [
    /Device timeout detected|frontend has timed out|Dequeue timer/i,
    'camera-timeout',
    'the camera gives no frames',
    'Check the ribbon cable and the power supply.',
  ],
];

/** The error of a run that ended with another code than 0. */
export function refusal(end: ProgramEnd): VigieError {
  const known = MEANING.find(([said]) => said.test(end.stderr));
  const [said, code, what, hint] = known ?? [
    undefined,
    'camera-crashed',
    `${end.command} ended`,
    'It is started anew for the next capture.',
  ];
  const words = lastWords(end.stderr, said ?? /ERROR/);
  return new VigieError(
    code,
    `capture with "rpicam-still": ${what} (${endingOf(end)})${words === '' ? '' : `: ${words}`}`,
    { retryable: true, hint },
  );
}

/** The error of a run that was stopped, where it had said what it waited for. */
export function lateError(stderr: string, limitMs: number): VigieError | undefined {
  const known = MEANING.find(([said, code]) => code === 'camera-timeout' && said.test(stderr));
  if (!known) return undefined;
  const [, code, what, hint] = known;
  return new VigieError(code, `capture with "rpicam-still": ${what}; it was stopped after ${limitMs} ms`, {
    retryable: true,
    hint,
  });
}

export function fileFault(name: string, what: string): VigieError {
  return new VigieError('camera-crashed', `capture with "rpicam-still": ${JSON.stringify(name)}: ${what}`, {
    retryable: true,
    hint: 'If it stays so, check the free space of the disk, and the camera with "rpicam-still -o test.jpg".',
  });
}
