import { constants, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, printable } from '@vigie/shared/kit/names';

export type FileRequest = {
  url: string;
  method: 'POST' | 'PUT';
  headers: Readonly<Record<string, string>>;
  /** PEM certificates that are trusted besides the machine's. */
  ca: string[] | undefined;
  /** Absolute path; read as a stream. A file of more than `sizeMax` bytes is not sent: `too-large`. */
  file: string;
  sizeMax: number;
  /** Where the body of a 2xx answer is written; without it the body is read and dropped. */
  answerFile: string | undefined;
  answerMax: number;
};

/** `words` is the beginning of an answer that is not 2xx. */
export type FileAnswer = { status: number; words: string };

/**
 * Sends one file as the body of a request and reads the answer. Redirects are answers like others. An answer that comes before
 * the file is sent whole counts, and the rest stays here. Throws `network` (retryable) when there is no whole answer, `answer-too-large`.
 */
export async function sendFile(order: FileRequest, signal: AbortSignal): Promise<FileAnswer> {
  const handle = await open(bytesOf(order.file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new VigieError('not-a-file', `send "${printable(order.file)}": it is no regular file`);
    if (stat.size > order.sizeMax) {
      const what = `it has ${stat.size} bytes; at most ${order.sizeMax} are sent`;
      throw new VigieError('too-large', `send "${printable(order.file)}": ${what}`);
    }
    const length = { 'content-length': String(stat.size) };
    const call = begin(order, { 'content-type': 'application/octet-stream', ...order.headers, ...length }, signal);
    const answered = answerOf(call);
    // Never more than was promised, should the file grow meanwhile.
    const end = Math.max(0, stat.size - 1);
    const body = stat.size === 0 ? undefined : handle.createReadStream({ autoClose: false, start: 0, end });
    const sent = (body ? pipeline(body, call, { signal }) : Promise.resolve(void call.end())).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    try {
      // A server that refuses early closes its side while the file is under way: its answer is what counts.
      const first = await Promise.race([answered, sent.then((failure) => failure && later(answered, failure.error))]);
      return await readAnswer(first ?? (await answered), order, signal);
    } finally {
      call.destroy();
      body?.destroy();
      await sent;
    }
  } finally {
    await handle.close();
  }
}

function begin(order: FileRequest, headers: Record<string, string>, signal: AbortSignal): ClientRequest {
  const { url, method, ca } = order;
  if (url.startsWith('https:'))
    return requestSecure(url, { method, headers, signal, agent: false, ...(ca ? { ca } : {}) });
  return requestPlain(url, { method, headers, signal, agent: false });
}

function answerOf(call: ClientRequest): Promise<IncomingMessage> {
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    call.once('response', resolve);
    call.on('error', reject);
  });
  // Whoever waits for it is told.
  answer.catch(() => undefined);
  return answer;
}

/** The body could not be sent whole: either there is an answer, which is read already, or the connection's error. */
async function later(answered: Promise<IncomingMessage>, error: unknown): Promise<IncomingMessage> {
  try {
    return await answered;
  } catch (lost) {
    throw lost ?? error;
  }
}

async function readAnswer(answer: IncomingMessage, order: FileRequest, signal: AbortSignal): Promise<FileAnswer> {
  const status = answer.statusCode ?? 0;
  const isGood = status >= 200 && status < 300;
  if (!isGood || order.answerFile === undefined) {
    let words = '';
    answer.setEncoding('utf8');
    for await (const text of answer as AsyncIterable<string>) {
      words += text.slice(0, WORDS_MAX - words.length);
      // The rest of a refusal says nothing more; the rest of a success is read, so that the server can end in order.
      if (!isGood && words.length >= WORDS_MAX) break;
    }
    return { status, words };
  }
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes <= order.answerMax) return done(null, chunk);
      const what = `it has more than ${order.answerMax} bytes`;
      return done(new VigieError('answer-too-large', `read the answer of ${JSON.stringify(order.url)}: ${what}`));
    },
  });
  await pipeline(answer, limit, createWriteStream(order.answerFile, { flags: 'wx' }), { signal });
  return { status, words: '' };
}

const WORDS_MAX = 300;
