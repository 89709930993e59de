import type { IncomingMessage } from 'node:http';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';

/** What an answer's status means for an operator; undefined for one that brings the picture. */
export function statusError(
  { statusCode = 0, statusMessage }: IncomingMessage,
  hasUser: boolean,
): VigieError | undefined {
  if (statusCode === 200) return undefined;
  const text = `${statusCode}${statusMessage ? ` ${printed(statusMessage)}` : ''}`;
  if (statusCode === 401) {
    return hasUser
      ? refused(`it does not let this user in (${text})`, 'Check "user" and the file named by "passwordFile".')
      : refused(`it wants a user and a password (${text})`, 'Set "user" and "passwordFile".');
  }
  if (statusCode === 403) {
    return refused(
      `this user may not do that (${text})`,
      'Give the user the right to see snapshots, in the camera’s settings.',
    );
  }
  if (statusCode === 404 || statusCode === 410) {
    return refused(
      `there is nothing at this address (${text})`,
      'Look up the snapshot address in the camera’s manual.',
    );
  }
  if (statusCode === 429 || statusCode === 503) {
    return error(
      'camera-busy',
      `it is busy (${text})`,
      'Others may be asking it for pictures; a longer interval leaves room.',
    );
  }
  return refused(`it answered ${text}; 200 OK is needed`, 'Open the address in a browser to see what it says.');
}

/** The error of bytes that are no picture; `type` is what the server calls them. */
export function contentError(head: Uint8Array, type: string | undefined): VigieError {
  const called = type === undefined ? 'without a type' : `called ${JSON.stringify(printed(type))}`;
  const text = Buffer.from(head).toString('latin1').trimStart().slice(0, 200);
  if (/^multipart\//i.test(type ?? '')) {
    return refused(`a stream of pictures came, ${called}`, 'Use the address of single snapshots, or the rtsp adapter.');
  }
  if (/^text\/html/i.test(type ?? '') || /^<(!doctype|html)/i.test(text)) {
    return refused(
      `a web page came, ${called}; a picture is needed`,
      'It may be the camera’s login page: use its snapshot address, and a user who may see it.',
    );
  }
  return refused(`what came is no picture, ${called}`, 'Look up the snapshot address in the camera’s manual.');
}

export function emptyError(): VigieError {
  return error('camera-crashed', 'an empty answer came; a picture is needed', 'If it stays so, restart the camera.');
}

export function cutError(bytes: number): VigieError {
  return error(
    'camera-crashed',
    `the picture broke off after ${bytes} bytes`,
    'If it stays so, check the network and restart the camera.',
  );
}

export function tooLargeError(bytesMax: number): VigieError {
  return refused(
    `the answer is longer than ${bytesMax} bytes`,
    'Raise "bytesMax", or check that the address is that of single pictures.',
  );
}

/** An error of the system, of HTTP or of TLS, as one of the Camera port; others as they are. */
export function connectionError(cause: unknown, received: number): unknown {
  if (cause instanceof VigieError) return cause;
  const code = codeOf(cause);
  if (NOT_THERE.has(code)) {
    return error(
      'camera-absent',
      `it cannot be reached (${code})`,
      'Check the camera’s power and network, and the host in "url".',
      cause,
    );
  }
  if (BROKEN.has(code) || code.startsWith('HPE_')) {
    const what = received > 0 ? `the picture broke off after ${received} bytes` : 'it broke off the connection';
    return error(
      'camera-crashed',
      `${what} (${code})`,
      'If it stays so, check the network and restart the camera.',
      cause,
    );
  }
  if (/CERT|TLS|SSL|SIGNED|ISSUER|EPROTO/.test(code)) {
    return refused(
      `its certificate or TLS is not accepted (${code}: ${printed(messageOf(cause))})`,
      'Name the camera’s certificate, or its authority’s, as "caFile", and the name in it as "serverName".',
      cause,
    );
  }
  return cause;
}

const NOT_THERE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_NODATA',
  'ETIMEDOUT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
]);
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_HTTP_INVALID_HEADER_VALUE']);

const refused = (what: string, hint: string, cause?: unknown) => error('camera-refused', what, hint, cause);

function error(code: string, what: string, hint: string, cause?: unknown): VigieError {
  return new VigieError(code, `capture with "http": ${what}`, { retryable: true, hint, cause });
}

/** A server's own words, short and without control characters. */
function printed(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120);
}
