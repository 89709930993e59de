import type { FileHandle } from 'node:fs/promises';
import type { Stats } from 'ssh2';
import { VigieError } from '../kit/errors.ts';
import { printable } from '../kit/names.ts';
import { openLocal, partNameOf } from './local-file.ts';
import type { Capabilities, DigestBy, Receipt, Upload } from './remote-folder.ts';
import { joined, parentOf } from './remote-path.ts';
import { explain, STATUS, statusOf } from './sftp-errors.ts';
import { makeFolders, type Place, type StorePlace } from './sftp-folders.ts';
import { writePart } from './sftp-part.ts';
import { OPEN, type Verbs } from './sftp-verbs.ts';

/** OpenSSH tells of a full disk as a failure without a name, with up to a megabyte left over. */
const FULL_BYTES = 1024 * 1024;
/** So many bytes may be sent in vain, where the sender was wrong about what it had sent. */
const UNSEEN_BYTES_MAX = 256 * 1024;

export function capabilitiesOf({ has }: Pick<Verbs, 'has'>): Capabilities {
  return {
    fsync: has('fsync@openssh.com'),
    atomicReplace: has('posix-rename@openssh.com'),
    freeSpace: has('statvfs@openssh.com'),
  };
}

/**
 * Stores one file: the protocol of `RemoteFolder.store`, in four round trips for a small one:
 *
 * 1. the part made, exclusively: nothing that was there is changed. Beside it, unless nothing of this file was ever sent: is there
 *    something under the final name;
 * 2. its bytes, its time of change and the flush: the answer to the flush is the answer to all before it;
 * 3. after that answer: the rename, which fails where the final name is taken;
 * 4. after that answer: size and flush by the handle that has written the bytes, which is the final name's file now.
 *
 * A final name that is there already is read back whole, whatever `proof` says: this call did not write its bytes, so that their count
 * proves nothing.
 */
export async function storeFile(verbs: Verbs, place: StorePlace, upload: Upload): Promise<Receipt> {
  await using file = await openLocal(upload);
  const final = joined(place.folder, upload.path);
  try {
    return await storeOpen(verbs, place, upload, final, file);
  } catch (error) {
    throw explain(await fullOr(error, verbs, place, upload), 'store', upload.path);
  }
}

async function storeOpen(
  verbs: Verbs,
  place: StorePlace,
  upload: Upload,
  final: string,
  file: FileHandle,
): Promise<Receipt> {
  const { size, sha256, replace, proof } = upload;
  const capabilities = capabilitiesOf(verbs);
  const existing = (there: Stats) => receiptOfExisting(verbs, place, final, there, upload);
  const part = joined(place.folder, partNameOf(upload));

  const { there, earlier, begun } = await begin(verbs, part, final, upload);
  const made = 'handle' in begun ? begun.handle : undefined;
  if (there) {
    if (made) verbs.abandon(made);
    const receipt = await existing(there);
    // Beside a final name a part may be its second name (a rename that was cut in the middle): it is never written into.
    if (earlier || made) await verbs.remove(part);
    if (receipt) return receipt;
    if (!replace || there.isDirectory()) throw conflict(upload, there);
  } else if (earlier && !earlier.isFile()) {
    throw conflict({ ...upload, path: `${upload.path}.part` }, earlier);
  }
  const left = { earlierBytes: there ? 0 : (earlier?.size ?? 0), fresh: there ? undefined : made };

  if ('refused' in begun && begun.refused === STATUS.absent) await makeFolders(verbs, place, parentOf(final));
  const { digestBy, handle } = await writePart(verbs, part, left, upload, file, place.serverDigest);

  let named: Buffer | undefined;
  try {
    named = await giveName(verbs, { part, final, handle }, replace, capabilities);
  } catch (error) {
    if (statusOf(error) === undefined) throw error;
    // A rename is refused without a reason: most of all where the name has been taken meanwhile.
    const taken = await verbs.lstat(final);
    if (!taken || replace) throw error;
    const receipt = await existing(taken);
    await verbs.remove(part);
    if (!receipt) throw conflict(upload, taken);
    return receipt;
  }
  await checkFinal(verbs, final, upload, named);
  const sha = proof === 'digest' ? sha256 : null;
  return { level: proof, size, sha256: sha, sent: true, capabilities, ...(digestBy && { digestBy }) };
}

/** Makes the part, and looks what there is under both names as far as that is not known. */
async function begin(verbs: Verbs, part: string, final: string, { unsent, replace, size }: Upload) {
  const trusts = unsent === true && !replace && size <= UNSEEN_BYTES_MAX;
  const [looked, begun] = await Promise.all([trusts ? undefined : verbs.lstat(final), verbs.openNew(part)]);
  // A part of this asset is there: something was sent of it all the same, so that the final name may be there too.
  const isTaken = 'refused' in begun && begun.refused !== STATUS.absent;
  const [there, earlier] = isTaken ? await Promise.all([verbs.lstat(final), verbs.lstat(part)]) : [looked, undefined];
  return { there, earlier, begun };
}

/**
 * Gives a part its final name. The outcome is its handle, which goes on as the final name's; it is closed where it cannot be flushed, and
 * where the server refuses to rename what is open (Windows): then there is none. A refusal of the rename is thrown.
 */
async function giveName(
  verbs: Verbs,
  { part, final, handle }: { part: string; final: string; handle: Buffer },
  replace: boolean,
  { atomicReplace, fsync }: Capabilities,
): Promise<Buffer | undefined> {
  const rename = async () => {
    if (!replace) await verbs.rename(part, final);
    else if (atomicReplace) await verbs.replace(part, final);
    else {
      await verbs.remove(final);
      await verbs.rename(part, final);
    }
  };
  // Where bytes cannot be flushed by themselves, the close is what tells that they could not be written.
  if (fsync) {
    try {
      await rename();
      return handle;
    } catch (error) {
      verbs.abandon(handle);
      if (statusOf(error) === undefined || (!replace && (await verbs.lstat(final)))) throw error;
    }
  } else await verbs.close(handle);
  await rename();
  return undefined;
}

/** Flushes the new name itself, and verifies what is there under it. */
async function checkFinal(
  verbs: Verbs,
  final: string,
  { path, size }: Upload,
  named: Buffer | undefined,
): Promise<void> {
  const handle = named ?? (await verbs.open(final, OPEN.read));
  const [stat] = await Promise.all([verbs.fstat(handle), verbs.fsync(handle), verbs.close(handle)]);
  if (stat.isFile() && stat.size === size) return;
  throw new VigieError('corrupted', `verify "${printable(path)}": it has ${stat.size} bytes; it should have ${size}`, {
    retryable: true,
    hint: 'Something else at the destination writes under this name.',
  });
}

/** A receipt, if the final name holds the right bytes; they are flushed, since an earlier attempt may have been cut before that. */
async function receiptOfExisting(
  verbs: Verbs,
  { serverDigest }: StorePlace,
  final: string,
  there: Stats,
  upload: Upload,
): Promise<Receipt | undefined> {
  const { size, sha256 } = upload;
  if (!there.isFile() || there.size !== size) return undefined;
  const handle = await verbs.open(final, OPEN.read);
  let digestBy: DigestBy = 'server';
  try {
    if ((await serverDigest(final, size)) !== sha256) {
      digestBy = 'read-back';
      const found = await verbs.digest(handle, size + 1, upload.pace);
      if (found.sha256 !== sha256) return undefined;
    }
    await verbs.fsync(handle);
  } finally {
    verbs.abandon(handle);
  }
  return { level: 'digest', size, sha256, sent: false, capabilities: capabilitiesOf(verbs), digestBy };
}

function conflict({ path }: Upload, there: Stats): VigieError {
  const what = there.isFile() ? `other content, of ${there.size} bytes` : 'something that is no regular file';
  return new VigieError('conflict', `store "${printable(path)}": the destination has ${what} under this name`, {
    hint: 'A re-sync that replaces puts the right bytes in its place; nothing was overwritten.',
  });
}

/** A failure without a reason becomes `destination-full` where too little space is left for this file. */
async function fullOr(error: unknown, verbs: Verbs, { root }: Place, { path, size }: Upload): Promise<unknown> {
  if (statusOf(error) !== STATUS.failure) return error;
  const free = await verbs.free(root);
  if (!free || (free.files > 0 && free.bytes > Math.min(size, FULL_BYTES) + FULL_BYTES)) return error;
  return new VigieError(
    'destination-full',
    `store "${printable(path)}": ${free.bytes} bytes are free at the destination`,
    {
      cause: error,
      retryable: true,
      hint: 'Make room there; deliveries go on by themselves.',
    },
  );
}
