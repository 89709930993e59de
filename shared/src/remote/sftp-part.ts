import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { VigieError } from '../kit/errors.ts';
import { printable } from '../kit/names.ts';
import { sourceChanged, statOf } from './local-file.ts';
import type { DigestBy, Pace, Upload } from './remote-folder.ts';
import type { StorePlace } from './sftp-folders.ts';
import { readBlocks, sendFile } from './sftp-transfer.ts';
import { OPEN, type Verbs } from './sftp-verbs.ts';

/** What is wrong about the bytes, or who has digested them. */
type Filled = { wrong?: VigieError; digestBy?: DigestBy };

/** A part whose bytes are flushed: who has digested them, if anyone, and the handle that has written them. */
export type WrittenPart = { digestBy: DigestBy | undefined; handle: Buffer };

/** A `.part` of less than this is sent anew: to prove it would cost more. */
const RESUME_BYTES_MIN = 256 * 1024;

/**
 * Writes the bytes of an upload into its `.part` and flushes them: into `fresh`, its handle where it has just been made. What an earlier
 * attempt left there (`earlierBytes`) is read back and compared with the local file before the rest is sent behind it: after
 * a power cut a part may have holes. The part is removed when its bytes turn out not to be the asset's.
 */
export async function writePart(
  verbs: Verbs,
  part: string,
  { fresh, earlierBytes }: { fresh?: Buffer | undefined; earlierBytes: number },
  upload: Upload,
  file: FileHandle,
  serverDigest: StorePlace['serverDigest'],
): Promise<WrittenPart> {
  const resume = !fresh && earlierBytes >= RESUME_BYTES_MIN && earlierBytes <= upload.size;
  const flags = OPEN.read | OPEN.write | OPEN.create;
  let handle = fresh ?? (await verbs.open(part, resume ? flags : flags | OPEN.truncate));
  let outcome: Filled;
  try {
    let hash = createHash('sha256');
    let start = resume ? await provenBytes(verbs, handle, earlierBytes, file, hash, upload.pace) : 0;
    if (resume && start < earlierBytes) {
      await verbs.close(handle);
      handle = await verbs.open(part, flags | OPEN.truncate);
      hash = createHash('sha256');
      start = 0;
    }
    outcome = await fill(verbs, handle, start, hash, upload, file, () => serverDigest(part, upload.size));
  } catch (error) {
    verbs.abandon(handle);
    throw error;
  }
  if (!outcome.wrong) return { digestBy: outcome.digestBy, handle };
  await verbs.close(handle);
  await verbs.remove(part);
  throw outcome.wrong;
}

/** How many bytes from the start are the local file's; they are added to the hash. All or nothing counts. */
async function provenBytes(
  verbs: Verbs,
  handle: Buffer,
  size: number,
  file: FileHandle,
  hash: Hash,
  pace: Pace | undefined,
): Promise<number> {
  let position = 0;
  let local = Buffer.alloc(0);
  for await (const block of readBlocks(verbs.channel, handle, size, verbs.signal, pace)) {
    if (local.length < block.length) local = Buffer.allocUnsafe(block.length);
    const { bytesRead } = await file.read(local, 0, block.length, position);
    if (!block.equals(local.subarray(0, bytesRead))) return -1;
    hash.update(block);
    position += bytesRead;
  }
  return position;
}

/** Sends the rest and flushes; answers with what is wrong about the bytes, if anything. */
async function fill(
  verbs: Verbs,
  handle: Buffer,
  start: number,
  hash: Hash,
  upload: Upload,
  file: FileHandle,
  serverDigest: () => Promise<string | undefined>,
): Promise<Filled> {
  const { channel, signal } = verbs;
  const sent = await sendFile({
    channel,
    handle,
    file,
    start,
    end: upload.size,
    hash,
    signal,
    onBytes: upload.onBytes,
    pace: upload.pace,
  });
  upload.onSent?.();
  const { size } = statOf(file);
  const digest = hash.digest('hex');
  if (digest !== upload.sha256 || size !== upload.size) {
    await sent.acknowledged();
    const what = size === upload.size ? `its bytes have the digest ${digest}` : `it has ${size} bytes`;
    return { wrong: sourceChanged(upload.localPath, what) };
  }
  // Both are on their way behind the last write, and answered after it.
  await Promise.all([sent.acknowledged(), verbs.setModified(handle, upload.modifiedAt), verbs.fsync(handle)]);
  if (upload.proof === 'size') return {};
  // What the server says against it is looked at: its shell may see other folders than SFTP does.
  if ((await serverDigest()) === upload.sha256) return { digestBy: 'server' };
  const back = await verbs.digest(handle, upload.size + 1, upload.pace);
  if (back.sha256 === upload.sha256) return { digestBy: 'read-back' };
  const message = `store "${printable(upload.path)}": the destination gives back other bytes than were sent`;
  const hint = "The destination's disk or memory may be failing; the final name was not given.";
  return { wrong: new VigieError('corrupted', message, { retryable: true, hint }) };
}
