import type { ClientChannel } from 'ssh2';
import type { Clock } from '../kit/clock.ts';
import { messageOf, VigieError } from '../kit/errors.ts';
import { stalled } from './sftp-errors.ts';

/**
 * The extended request `check-file-name`: the server digests a file by the SFTP protocol itself. Source:
 * draft-ietf-secsh-filexfer-extensions-00, section 3. The library has no call for it and throws the answers to unknown requests away, so it
 * is spoken here, over an SFTP channel of its own that does nothing else.
 */
export type CheckFile = {
  /**
   * SHA-256 of a file, 64 hexadecimal digits; undefined where the server answers anything else. `refused` where the channel has ended,
   * `stalled` where there is no answer after `limitMs`: the channel is closed then.
   */
  digest(path: string, limitMs: number): Promise<string | undefined>;
  /** Is it of no use any more? */
  readonly ended: boolean;
  close(): void;
};

/** Types of packets. Source: draft-ietf-secsh-filexfer-02, section 3. */
const TYPE = { init: 1, version: 2, extended: 200, extendedReply: 201 } as const;
const VERSION = 3;
const ALGORITHM = 'sha256';
const DIGEST_BYTES = 32;
/** An answer has some fifty bytes, the announcement some hundred. */
const PACKET_BYTES_MAX = 64 * 1024;

export function checkFileOn(stream: ClientChannel, { address, clock }: { address: string; clock: Clock }): CheckFile {
  const open = new Map<number, { answered: (packet: Buffer) => void; fail: (error: unknown) => void }>();
  let received: Buffer = Buffer.alloc(0);
  let ended = false;
  let count = 0;

  function end(why: unknown): void {
    if (ended) return;
    ended = true;
    stream.close();
    const reason = new VigieError('refused', `ask ${address} for a digest: ${messageOf(why)}`, { cause: why });
    for (const { fail } of open.values()) fail(reason);
    open.clear();
  }

  stream.on('data', (bytes: Buffer) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    while (received.length >= 4 && !ended) {
      const length = received.readUInt32BE();
      if (length > PACKET_BYTES_MAX) return end(new Error('it sends more than an answer has'));
      if (received.length < 4 + length) return;
      const packet = received.subarray(4, 4 + length);
      received = received.subarray(4 + length);
      // Only the announcement has no number of a request; that it came needs no answer.
      if (packet[0] === TYPE.version || length < 5) continue;
      const id = packet.readUInt32BE(1);
      open.get(id)?.answered(packet);
      open.delete(id);
    }
  });
  stream.stderr.resume();
  stream.on('error', end);
  stream.on('close', () => end(new Error('the channel has ended')));
  stream.write(text(Buffer.concat([Buffer.of(TYPE.init), uint32(VERSION)])));

  return {
    async digest(path, limitMs) {
      if (ended) throw new VigieError('refused', `ask ${address} for a digest: the channel has ended`);
      count = (count + 1) % 2 ** 32;
      const id = count;
      const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
      open.set(id, { answered: resolve, fail: reject });
      const over = new AbortController();
      void clock.sleep(limitMs, over.signal).then(() => {
        if (over.signal.aborted) return;
        reject(stalled(address, limitMs));
        end(new Error('it was too slow'));
      });
      // From the first byte to the last, one digest of all of it.
      const whole = Buffer.alloc(8 + 8 + 4);
      const request = [text('check-file-name'), text(path), text(ALGORITHM), whole];
      stream.write(text(Buffer.concat([Buffer.of(TYPE.extended), uint32(id), ...request])));
      try {
        return digestIn(await promise);
      } finally {
        over.abort();
      }
    },
    get ended() {
      return ended;
    },
    close: () => end(new Error('it is being closed')),
  };
}

/** The digest in an answer: of the algorithm that was asked for, in full, and nothing behind it. */
export function digestIn(packet: Buffer): string | undefined {
  if (packet[0] !== TYPE.extendedReply) return undefined;
  let at = 5;
  const next = (): Buffer | undefined => {
    if (packet.length < at + 4) return undefined;
    const length = packet.readUInt32BE(at);
    const bytes = packet.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return bytes.length === length ? bytes : undefined;
  };
  let algorithm = next()?.toString();
  // The draft has the name of the answer first; ProFTPD leaves it out.
  if (algorithm === 'check-file') algorithm = next()?.toString();
  if (algorithm !== ALGORITHM || packet.length !== at + DIGEST_BYTES) return undefined;
  return packet.subarray(at).toString('hex');
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string of the protocol, and a packet too: its length and its bytes. */
function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
