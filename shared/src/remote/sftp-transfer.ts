import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { giveBlock, takeBlock } from './blocks.ts';
import { createPipeline } from './pipeline.ts';
import type { Pace } from './remote-folder.ts';
import type { Channel } from './sftp-channel.ts';

/**
 * Bytes of one write: with the 29 bytes of its head it fills SSH packets of 32 KiB to the last byte. Acknowledgements
 * stay small enough to be signs of life on a slow link.
 */
const WRITE_BYTES = 2 * 32_768 - 29;
const READ_BYTES = 128 * 1024;
const READS_IN_FLIGHT_MAX = 16;

export type Sending = {
  channel: Channel;
  handle: Buffer;
  file: FileHandle;
  /** From which byte to which. */
  start: number;
  end: number;
  /** Takes the bytes on their way. */
  hash: Hash;
  signal?: AbortSignal | undefined;
  onBytes?: ((bytes: number) => void) | undefined;
  pace?: Pace | undefined;
};

/**
 * Sends a part of a local file with many writes in flight; returns the count of bytes that the file really had, once
 * they have all been handed over. `acknowledged` waits for the answers; requests that are sent before it come after the writes.
 */
export async function sendFile(sending: Sending): Promise<{ end: number; acknowledged: () => Promise<void> }> {
  const { channel, handle, file, hash, signal, onBytes, pace } = sending;
  const pipeline = createPipeline(channel.window, signal);
  const writeBytes = Math.min(WRITE_BYTES, channel.writeBytesMax);
  const total = sending.end - sending.start;
  let block = takeBlock(total);
  let spare = total > block.length ? takeBlock(total) : undefined;
  let position = sending.start;
  const readAt = (into: Buffer, at: number) => file.read(into, 0, Math.min(into.length, sending.end - at), at);

  let reading = position < sending.end ? readAt(block, position) : undefined;
  try {
    while (reading) {
      const { bytesRead } = await reading;
      reading = undefined;
      if (bytesRead === 0) break;
      const bytes = block.subarray(0, bytesRead);
      const next = position + bytesRead;
      if (spare && next < sending.end) reading = readAt(spare, next);
      hash.update(bytes);
      for (let at = 0; at < bytesRead; at += writeBytes) {
        const length = Math.min(writeBytes, bytesRead - at);
        // Before there is room: a transfer that waits for its pace must not keep the room from others.
        if (pace) await pace.up(length, signal);
        const room = pipeline.begin(length);
        const answered = room instanceof Promise ? await room : room;
        channel.post<void>(
          // The library copies the bytes before it returns, so the block can be filled again.
          (sftp, done) => sftp.write(handle, bytes, at, length, position + at, done),
          (error) => {
            if (!error) onBytes?.(length);
            answered(error);
          },
        );
      }
      position = next;
      if (spare) [block, spare] = [spare, block];
      // A file that gave less than was asked for is asked once more.
      else if (next < sending.end) reading = readAt(block, next);
    }
  } finally {
    // A read under way needs its file open, whatever has happened.
    await reading?.catch(() => undefined);
    giveBlock(block);
    if (spare) giveBlock(spare);
  }
  return { end: position, acknowledged: () => pipeline.done() };
}

/**
 * Reads a remote file from the start with many requests in flight and gives its blocks in order; the caller uses a block before
 * it asks for the next. Ends at `end` or at the end of the file.
 */
export async function* readBlocks(
  channel: Channel,
  handle: Buffer,
  end: number,
  signal?: AbortSignal,
  pace?: Pace,
): AsyncGenerator<Buffer> {
  const free: Buffer[] = [];
  const ask = (position: number) => {
    const length = Math.min(READ_BYTES, end - position);
    const buffer = free.pop() ?? Buffer.allocUnsafe(length);
    const answer = readFully(channel, handle, buffer, length, position, signal);
    // It is awaited in its turn; until then a failure is nobody's.
    answer.catch(() => undefined);
    return { answer, buffer, length };
  };
  const asked: ReturnType<typeof ask>[] = [];
  let position = 0;
  for (;;) {
    while (position < end && asked.length < READS_IN_FLIGHT_MAX) {
      if (pace) await pace.down(Math.min(READ_BYTES, end - position), signal);
      asked.push(ask(position));
      position += READ_BYTES;
    }
    const first = asked.shift();
    if (!first) return;
    const count = await first.answer;
    if (count > 0) yield first.buffer.subarray(0, count);
    if (count < first.length) return;
    if (first.buffer.length === READ_BYTES) free.push(first.buffer);
  }
}

/** Reads until there are `length` bytes or the file is at its end: a server may answer with less than was asked for. */
async function readFully(
  channel: Channel,
  handle: Buffer,
  buffer: Buffer,
  length: number,
  position: number,
  signal?: AbortSignal,
): Promise<number> {
  for (let count = 0; ; ) {
    const from = count;
    const read = await channel.call<number>(
      (sftp, done) => sftp.read(handle, buffer, from, length - from, position + from, done as never),
      signal,
    );
    count += read;
    if (read === 0 || count === length) return count;
  }
}
