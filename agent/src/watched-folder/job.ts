import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { printable } from '@vigie/shared/kit/names';
import { stampedAt } from '@vigie/shared/kit/zone';
import { kindOf } from '@vigie/shared/protocol/asset';
import type { Operation, Outcome } from '../process/operation.ts';
import type { Books, Intent } from './books.ts';
import type { Disk, Look } from './disk.ts';
import { FAILURE_LOG, logFailure } from './failure-log.ts';
import type { WatchedFolderConfig } from './folder-config.ts';
import { fitted, nameFault, safeName } from './names.ts';
import { placeUnder, type Reservations } from './place.ts';
import { type PlaceFacts, placeOf } from './place-pattern.ts';
import { storageAbsent, type Trees } from './trees.ts';

/** One claimed file: it lies at `stage/ID/NAME`, and `stage/ID/.work` is where its operation writes. */
export type Job = {
  /** Grows with the time of the claim. */
  id: string;
  /** Empty when a crash left no more than the job's folder. */
  name: string;
  /** An earlier attempt, perhaps of an earlier process, may have done some of the steps. */
  repeated: boolean;
};

/** `gone`: its file was no longer in stage. `stopped`: left in stage because the engine is stopping. */
export type JobEnd = 'result' | 'failure' | 'gone' | 'stopped';

export const WORK = '.work';

export type JobContext = {
  name: string;
  trees: Trees;
  settings: WatchedFolderConfig;
  zone: string;
  operation: Operation;
  books: Books;
  disk: Disk;
  reservations: Reservations;
  clock: Clock;
  log: Log;
};

/**
 * Takes one job to its end. The order of the steps is what a crash relies on:
 * operation → intend → link into result or failure → filed → preserve or failure.log → out of stage → closed.
 * Every step can be repeated. What is thrown leaves the file in stage, to be tried again.
 */
export function createJobRunner(context: JobContext): (job: Job, signal: AbortSignal) => Promise<JobEnd> {
  const { trees, settings, zone, operation, books, disk, reservations, clock } = context;
  const folderOf = (job: Job) => `${trees.stage}/${job.id}`;
  const fileOf = (job: Job) => `${folderOf(job)}/${job.name}`;
  const workOf = (job: Job) => `${folderOf(job)}/${WORK}`;

  async function run(job: Job, signal: AbortSignal): Promise<JobEnd> {
    const look = job.name === '' ? undefined : await disk.look(fileOf(job));
    const intent = job.repeated ? books.intended(job.id) : undefined;
    if (intent) reservations.reserve(job.id, `${trees[intent.tree]}/${intent.path}`);
    if (!look) return gone(job, intent);
    if (intent && (await liesThere(intent, look))) return finish(job, intent);
    if (look.type !== 'file') return failSpecial(job);

    const fault = nameFault(job.name) ?? (look.size === 0 ? 'the file is empty; a picture has bytes' : undefined);
    if (fault !== undefined) return fail(job, look, fault);
    await disk.removeWork(workOf(job));
    await disk.makeNewFolder(workOf(job));
    const { outcome, reason } = await operate(job, look, signal);
    if (outcome === undefined && reason === undefined) return 'stopped';
    await assertUnchanged(job, look);
    if (outcome === undefined) return fail(job, look, reason as string);
    if (!outcome.sound.ok) return fail(job, look, outcome.sound.reason, outcome);
    const wrong = await resultFault(job, outcome);
    if (wrong !== undefined) return fail(job, look, wrong);
    return place(job, outcome);
  }

  /** The operation's outcome; or why the file is a failure; or neither, when it was stopped. */
  async function operate(job: Job, look: Look, signal: AbortSignal): Promise<{ outcome?: Outcome; reason?: string }> {
    const capturedAt = stampedAt(job.name, zone) ?? look.modifiedAt;
    const [file, workFolder] = [fileOf(job), workOf(job)];
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(OPERATION_LIMIT_MS)]);
      return {
        outcome: await operation({ file, name: job.name, workFolder, source: context.name, zone, capturedAt }, limited),
      };
    } catch (error) {
      if (signal.aborted) return {};
      if (isTemporary(error)) throw error;
      return { reason: messageOf(error) };
    }
  }

  /** A writer that had not finished: the outcome is of bytes that are no more. */
  async function assertUnchanged(job: Job, before: Look): Promise<void> {
    const now = await disk.look(fileOf(job));
    if (now && now.inode === before.inode && now.size === before.size && now.modifiedAt === before.modifiedAt) return;
    throw new VigieError('source-changed', `process ${JSON.stringify(job.name)}: it was changed meanwhile`, {
      retryable: true,
      hint: 'A program is still writing to it; a longer "waitTime" gives it time.',
    });
  }

  async function resultFault(job: Job, { result, original }: Outcome): Promise<string | undefined> {
    const isOriginal = result.file === fileOf(job);
    if (!isOriginal && !result.file.startsWith(`${workOf(job)}/`))
      return 'the operation made its result outside its work folder';
    const fault = nameFault(result.name);
    if (fault !== undefined) return `the operation's result cannot be filed: ${fault}`;
    const look = await disk.look(result.file);
    if (look?.type === 'file' && look.size === result.size && (!isOriginal || result.sha256 === original.sha256))
      return undefined;
    return 'the operation told other figures than its result has';
  }

  async function place(job: Job, outcome: Outcome): Promise<JobEnd> {
    const { result, original } = outcome;
    const look = await disk.look(fileOf(job));
    const capturedAt = isUsableTime(outcome.capturedAt)
      ? Math.trunc(outcome.capturedAt)
      : capturedAtOrModified(job, look as Look);
    const to = placeOf(settings.result, facts(job, capturedAt), result.name);
    const kind = result.file === fileOf(job) ? original.kind : kindOf(result.name);
    const { size, sha256 } = result;
    return put(job, result.file, 'result', to, {
      size,
      sha256,
      kind,
      capturedAt,
      unreadable: undefined,
      preview: outcome.preview,
    });
  }

  /** A regular file that cannot become a result: its bytes are kept, counted, and the reason is written down. */
  async function fail(job: Job, look: Look, reason: string, outcome?: Outcome): Promise<JobEnd> {
    const capturedAt = capturedAtOrModified(job, look);
    const to = placeOf(settings.failure, facts(job, capturedAt), safeName(job.name));
    const why = printable(reason).slice(0, REASON_MAX);
    context.log.warn({ watchedFolder: context.name, job: job.id, name: printable(job.name) }, `to failure: ${why}`);
    if (!settings.preserveOnFailure) {
      await note(job, to.folder, why);
      books.rejected({ jobId: job.id, name: job.name, reason: why, kept: false });
      await close(job);
      return 'failure';
    }
    const { size, sha256 } = outcome?.original ?? (await disk.digest(fileOf(job)));
    await assertUnchanged(job, { ...look, size });
    const kind = outcome?.original.kind ?? kindOf(job.name);
    return put(job, fileOf(job), 'failure', to, { size, sha256, kind, capturedAt, unreadable: why, preview: null });
  }

  /** A link, a FIFO, a socket or a device: it is never opened, only put away by its name. */
  async function failSpecial(job: Job): Promise<JobEnd> {
    const reason = 'it is no regular file (a link, FIFO, socket or device); regular files are taken';
    const { folder, name } = placeOf(settings.failure, facts(job, clock.now()), safeName(job.name));
    context.log.warn({ watchedFolder: context.name, job: job.id, name: printable(job.name) }, `to failure: ${reason}`);
    await note(job, folder, reason);
    books.rejected({ jobId: job.id, name: job.name, reason, kept: true });
    // Not everybody may give such entries a second name, so this one place moves; the job's id makes the name free.
    const to = below(trees.failure, folder);
    await disk.rename(fileOf(job), `${to}/${fitted(name, `_${job.id}`)}`);
    await disk.syncFolder(to);
    await close(job);
    return 'failure';
  }

  async function put(
    job: Job,
    file: string,
    tree: Intent['tree'],
    to: { folder: string; name: string },
    figures: Omit<Intent, 'jobId' | 'tree' | 'path' | 'modifiedAt'>,
  ): Promise<JobEnd> {
    const modifiedAt = Math.trunc(((await disk.look(file)) as Look).modifiedAt);
    let intent: Intent | undefined;
    await placeUnder({
      disk,
      file,
      folder: below(trees[tree], to.folder),
      name: to.name,
      isTaken: (path) => reservations.isTaken(path, job.id) || (tree === 'failure' && path.endsWith(`/${FAILURE_LOG}`)),
      announce(path) {
        reservations.reserve(job.id, path);
        intent = { jobId: job.id, tree, path: path.slice(trees[tree].length + 1), modifiedAt, ...figures };
        books.intend(intent);
      },
    });
    return finish(job, intent as Intent);
  }

  async function finish(job: Job, intent: Intent): Promise<JobEnd> {
    books.filed(job.id);
    if (intent.tree === 'failure') await note(job, parentOf(intent.path), intent.unreadable ?? 'unreadable');
    else if (settings.preserve !== null) await preserve(job, settings.preserve, intent.capturedAt);
    await close(job);
    return intent.tree;
  }

  /** A further name for the original, which costs no space. */
  async function preserve(job: Job, pattern: string, capturedAt: number): Promise<void> {
    const to = placeOf(pattern, facts(job, capturedAt), job.name);
    const folder = below(trees.preserve, to.folder);
    if (job.repeated && (await isPreserved(job, folder, to.name))) return;
    const isTaken = () => false;
    await placeUnder({ disk, file: fileOf(job), folder, name: to.name, isTaken, announce: () => undefined });
  }

  async function isPreserved(job: Job, folder: string, name: string): Promise<boolean> {
    const own = await disk.look(fileOf(job));
    if (!own || !(await disk.look(folder))) return false;
    const dot = name.lastIndexOf('.');
    const stem = name.slice(0, Math.min(dot > 0 ? dot : name.length, 40));
    for (const other of await disk.names(folder)) {
      if (!other.startsWith(stem)) continue;
      const look = await disk.look(`${folder}/${other}`);
      if (look && isSame(look, own)) return true;
    }
    return false;
  }

  /** Is this job's file at its intended place already, durably? Told by the file itself, else by its bytes. */
  async function liesThere(intent: Intent, own: Look | undefined): Promise<boolean> {
    const path = `${trees[intent.tree]}/${intent.path}`;
    const look = await disk.look(path);
    if (look?.type !== 'file' || look.size !== intent.size) return false;
    if (!(own && isSame(look, own)) && (await disk.digest(path)).sha256 !== intent.sha256) return false;
    // Whoever gave it that name may have been killed before it was flushed.
    await disk.syncFolder(parentOf(path));
    return true;
  }

  /** Nothing is left to do, unless it is the storage that has gone: then its return has to be waited for. */
  async function gone(job: Job, intent: Intent | undefined): Promise<JobEnd> {
    if (!(await disk.look(trees.marker))) throw storageAbsent(trees);
    if (intent && (await liesThere(intent, undefined))) books.filed(job.id);
    await close(job);
    return 'gone';
  }

  /** Out of stage for good before the books forget the job: else a power cut would bring it back as a new one. */
  async function close(job: Job): Promise<void> {
    const folder = folderOf(job);
    if (await disk.look(folder)) {
      if (job.name !== '') await disk.remove(fileOf(job));
      await disk.removeWork(workOf(job));
      await disk.syncFolder(folder);
    }
    books.closed(job.id);
    reservations.release(job.id);
    await disk.removeEmpty(folder);
  }

  async function note(job: Job, folder: string, reason: string): Promise<void> {
    const entry = { at: clock.now(), jobId: job.id, name: job.name, reason };
    await logFailure(disk, below(trees.failure, folder), entry, job.repeated);
  }

  function capturedAtOrModified(job: Job, look: Look): number {
    return Math.trunc(stampedAt(job.name, zone) ?? look.modifiedAt);
  }

  function facts(job: Job, capturedAt: number): PlaceFacts {
    return { name: safeName(job.name), capturedAt, zone, jobId: job.id, folderName: context.name };
  }

  return run;
}

/** An operation that takes longer is told to stop, and its file goes to failure. */
const OPERATION_LIMIT_MS = 600_000;
const REASON_MAX = 500;

const below = (tree: string, folder: string): string => (folder === '' ? tree : `${tree}/${folder}`);
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const isSame = (a: Look, b: Look): boolean => a.device === b.device && a.inode === b.inode;

/** Years 1970 to 9999: what EXIF says beyond them is no capture time. */
const isUsableTime = (ms: number): boolean => ms >= 0 && ms < 253_402_300_800_000;

/** Conditions of the machine, which say nothing about the file. */
const TEMPORARY = new Set(
  'ENOSPC EDQUOT EROFS EIO EMFILE ENFILE ENOMEM EAGAIN EBUSY ESTALE ENODEV ENXIO EINTR ETIMEDOUT SQLITE_FULL SQLITE_BUSY'.split(
    ' ',
  ),
);

function isTemporary(error: unknown): boolean {
  if (error instanceof VigieError) return error.retryable;
  if (TEMPORARY.has(codeOf(error))) return true;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause !== undefined && isTemporary(cause);
}
