import { open, rename } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Camera, CapturedFile, CaptureRequest } from './camera.ts';
import { extensionFor, formatOf, HEAD_BYTES } from './file-format.ts';
import { guarded } from './guarded.ts';
import { connectionError, contentError, cutError, emptyError, statusError, tooLargeError } from './http-errors.ts';
import { createHttpSession, type HttpAddress } from './http-session.ts';
import { endsAsJpeg } from './jpeg-end.ts';

export type HttpCameraOptions = HttpAddress & {
  /** The whole capture, from the first connection to the last byte. */
  timeLimitMs: number;
  /** A longer answer is given up. */
  bytesMax: number;
};

/**
 * A network camera that gives a picture for a GET of its snapshot address. Each capture is a connection of its own. What comes is
 * judged by its first bytes, whatever the server calls it; errors never hold the address's query, the user or the password.
 */
export function createHttpCamera(options: HttpCameraOptions): Camera {
  const { timeLimitMs, bytesMax, credentials } = options;
  const session = createHttpSession(options);
  const { host } = new URL(options.url);

  async function take({ folder }: CaptureRequest, signal: AbortSignal): Promise<CapturedFile[]> {
    const path = join(folder, 'picture');
    let received = 0;
    const count = (bytes: number) => {
      received = bytes;
    };
    try {
      const extension = await session.get(signal, async (message) => {
        const fault = statusError(message, credentials !== undefined);
        if (fault) throw fault;
        return save(message, path, bytesMax, count);
      });
      await rename(path, `${path}.${extension}`);
      return [{ path: `${path}.${extension}`, extension }];
    } catch (error) {
      throw connectionError(error, received);
    }
  }

  return guarded({
    name: 'http',
    description: () => `http ${host}`,
    timeLimitMs,
    lateHint: 'The camera or the network is slow or hangs: raise "timeLimit", or restart the camera.',
    take,
  });
}

/** Writes a picture into its file as it comes; returns the extension that its bytes ask for. */
async function save(
  message: IncomingMessage,
  path: string,
  bytesMax: number,
  count: (bytes: number) => void,
): Promise<string> {
  const type = message.headers['content-type'];
  if (/^multipart\//i.test(type ?? '')) throw contentError(new Uint8Array(), type);
  if (Number(message.headers['content-length']) > bytesMax) throw tooLargeError(bytesMax);
  await using file = await open(path, 'wx');
  let head = Buffer.alloc(0);
  let received = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    received += chunk.length;
    count(received);
    if (received > bytesMax) throw tooLargeError(bytesMax);
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
    // Twelve bytes tell a page from a picture: a page, or a stream that never ends, is not read further.
    if (head.length >= 16 && received - chunk.length < 16 && !formatOf(head)) throw contentError(head, type);
    await file.appendFile(chunk);
  }
  if (received === 0) throw emptyError();
  const format = formatOf(head);
  const extension = extensionFor(format);
  if (extension === undefined) throw contentError(head, type);
  // Without a length or chunks the end of the connection is the end of the picture, also where the connection broke.
  const endIsSure =
    message.headers['content-length'] !== undefined || message.headers['transfer-encoding'] !== undefined;
  if (!endIsSure && format === 'jpg' && !(await endsAsJpeg(path))) throw cutError(received);
  return extension;
}
