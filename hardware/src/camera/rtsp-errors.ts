import { VigieError } from '@vigie/shared/kit/errors';
import { endingOf, lastWords, type ProgramEnd } from './program.ts';

/** What ffmpeg says on standard error, and what it means for an operator. Sources: ffmpeg 5.1, `libavformat/rtsp.c`, `http.c`, `libavutil/error.c`. */
const MEANING: [said: RegExp, code: string, what: string, hint: string][] = [
  [
    /401 Unauthorized/i,
    'camera-refused',
    'it does not let this user in',
    'Check "user" and the file named by "passwordFile".',
  ],
  [
    /403 Forbidden/i,
    'camera-refused',
    'this user may not do that',
    'Give the user the right to see the live stream, in the camera’s settings.',
  ],
  [
    /404 Not Found|Stream not found/i,
    'camera-refused',
    'there is no stream at this address',
    'Look up the RTSP address in the camera’s manual.',
  ],
  [
    /461 Unsupported|Nonmatching transport/i,
    'camera-refused',
    'it does not take this transport',
    'Set "transport" to the other one of tcp and udp.',
  ],
  [
    /453 Not Enough|503 Service|Server returned 5XX/i,
    'camera-busy',
    'it is busy',
    'It may serve few viewers at a time: close others.',
  ],
  [
    /Connection refused|No route to host|Network is unreachable|Connection timed out|Failed to resolve hostname|Name or service not known|Host is down/i,
    'camera-absent',
    'it cannot be reached',
    'Check the camera’s power and network, and host and port in "url".',
  ],
  [
    /Unrecognized option|Option .* not found|Unknown keyword|not on whitelist/i,
    'camera-refused',
    'this ffmpeg is too old or lacks a part',
    'ffmpeg 5.1 or later is needed, as Debian 12 has it.',
  ],
  [
    /Invalid data found|Could not find codec|does not contain any stream|matches no streams|Unsupported codec/i,
    'camera-refused',
    'what it sends is no video that ffmpeg knows',
    'Set the camera’s stream to H.264, H.265 or MJPEG.',
  ],
];

/** The error of a run that ended with another code than 0; `stderr` without secrets. */
export function refusal(end: ProgramEnd): VigieError {
  const known = MEANING.find(([said]) => said.test(end.stderr));
  const [said, code, what, hint] = known ?? [
    undefined,
    'camera-crashed',
    'ffmpeg ended',
    'It is started anew for the next capture.',
  ];
  const words = lastWords(end.stderr, said);
  return new VigieError(code, `capture with "rtsp": ${what} (${endingOf(end)})${words === '' ? '' : `: ${words}`}`, {
    retryable: true,
    hint,
  });
}

export function frameFault(what: string, stderr: string): VigieError {
  const words = lastWords(stderr);
  return new VigieError('camera-crashed', `capture with "rtsp": ${what}${words === '' ? '' : `: ${words}`}`, {
    retryable: true,
    hint: 'The stream ended early; if it stays so, restart the camera, or set "keyFrame" to false.',
  });
}

/** The text without the password, as it is and as an address writes it, and without what stands before an "@" in an address. */
export function withoutSecrets(text: string, password: string | undefined): string {
  const clean = text.replaceAll(/\b(rtsps?:\/\/)[^@/\s'"]*@/gi, '$1');
  const secrets = [password].flatMap((one) => (one === undefined ? [] : [encodeURIComponent(one), one]));
  return secrets.filter((one) => one !== '').reduce((rest, secret) => rest.replaceAll(secret, '***'), clean);
}
