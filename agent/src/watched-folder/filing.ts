import { printable } from '@vigie/shared/kit/names';
import { stampedAt } from '@vigie/shared/kit/zone';
import { kindOf } from '@vigie/shared/protocol/asset';
import type { Intent } from './books.ts';
import { type Candidate, contentOf } from './candidate.ts';
import type { Look } from './disk.ts';
import { FAILURE_LOG, logFailure } from './failure-log.ts';
import { type Job, type JobContext, type JobEnd, WORK } from './job.ts';
import { freeFolder, moveFolder } from './job-folder.ts';
import { fitted, hexadecimalName, nameFault, safeName } from './names.ts';
import type { Figures, Outcome, ResultFile } from './operation.ts';
import { placeAll, type Wanted } from './place.ts';
import { joinedPath, type PlaceFacts, placeOf } from './place-pattern.ts';
import { createPreserving } from './preserving.ts';
import { OWNER } from './tenure.ts';
import { storageAbsent } from './trees.ts';

/** Takes a job out of stage: into result and preserve, or into failure, with the books told first. */
export type Filing = ReturnType<typeof createFiling>;

export function createFiling(context: JobContext) {
  const { trees, settings, zone, books, disk, reservations, clock, log } = context;
  const folderOf = (job: Job) => `${trees.stage}/${job.id}`;
  const fileOf = (job: Job) => `${folderOf(job)}/${job.name}`;
  const workOf = (job: Job) => `${folderOf(job)}/${WORK}`;
  const preserve = createPreserving(context);
  const pathOf = ({ tree, path }: Intent) => joinedPath(trees[tree], path);

  async function place(job: Job, candidate: Candidate, outcome: Outcome): Promise<JobEnd> {
    const fault = outcome.results.map((result) => resultFault(job, result)).find(Boolean);
    if (fault !== undefined) return fail(job, candidate, fault);
    const capturedAt = timeOf(job, candidate.look, outcome.capturedAt);
    const wanted: Wanted[] = [];
    for (const [index, result] of outcome.results.entries()) {
      const isOriginal = result.file === fileOf(job);
      const look = isOriginal ? candidate.look : await disk.look(result.file);
      const figures = await figuresOf(result, look);
      if (figures === undefined) return fail(job, candidate, 'the operation told other figures than its result has');
      wanted.push({
        file: result.file,
        name: namesOf(result),
        intent: {
          tree: 'result',
          ...figures,
          kind: isOriginal && outcome.original ? outcome.original.kind : kindOf(result.name),
          capturedAt,
          modifiedAt: Math.trunc(look?.modifiedAt ?? 0),
          unreadable: undefined,
          preview: index === 0 ? (outcome.preview ?? null) : null,
        },
      });
    }
    const isRaw = candidate.type === 'file' && (wanted[0]?.intent.kind ?? kindOf(job.name)) === 'raw';
    const pattern = (isRaw ? settings.resultRaw : undefined) ?? settings.result;
    const to = placeOf(pattern, facts(job, capturedAt), job.name);
    const isFolder = candidate.type === 'folder' || (wanted.length > 1 && !endsAsFolder(pattern));
    const named = placeOf(pattern, facts(job, capturedAt), wanted[0]?.name ?? job.name);
    if (!isFolder && wanted.length === 1) (wanted[0] as Wanted).name = named.name;
    const intents = await placeAll({
      disk,
      wanted,
      root: trees.result,
      folder: to.folder,
      inFolder: isFolder ? ownName(to.name) : undefined,
      earlier: job.repeated ? await lying(books.intended(job.id)) : [],
      overwrite: settings.overwriteDuplicates,
      isTaken: (path) => reservations.isTaken(path, job.id),
      announce(announced, paths) {
        reservations.reserve(job.id, paths);
        books.intend(job.id, announced);
      },
    });
    return finish(job, candidate.look, intents);
  }

  /** Without a result there is nothing to lie anywhere: the job has ended with its original kept. */
  const namesOf = ({ name }: ResultFile): string =>
    settings.hexadecimalNames ? name.split('/').map(hexadecimalName).join('/') : name;
  const ownName = (name: string): string => (settings.hexadecimalNames ? hexadecimalName(name) : name);

  function resultFault(job: Job, { file, name }: ResultFile): string | undefined {
    const own = file === fileOf(job) || file.startsWith(`${fileOf(job)}/`);
    if (!own && !file.startsWith(`${workOf(job)}/`)) return 'the operation made its result outside its work folder';
    const fault = name.split('/').map(nameFault).find(Boolean);
    return fault && `the operation's result cannot be filed: ${fault}`;
  }

  /** What the operation has told of its result, where the file agrees; else what the file says. */
  async function figuresOf({ file, size, sha256 }: ResultFile, look: Look | undefined): Promise<Figures | undefined> {
    if (look?.type !== 'file') return undefined;
    if (size === undefined || sha256 === undefined) return disk.digest(file);
    return look.size === size ? { size, sha256 } : undefined;
  }

  /** A file or folder that cannot become a result: its bytes are kept, counted, and the reason is written down. */
  async function fail(job: Job, candidate: Candidate, reason: string, outcome?: Outcome): Promise<JobEnd> {
    const capturedAt = timeOf(job, candidate.look, undefined);
    const to = placeOf(settings.failure, facts(job, capturedAt), safeName(job.name));
    const why = printable(reason).slice(0, REASON_MAX);
    log.warn({ watchedFolder: context.name, job: job.id, name: printable(job.name) }, `to failure: ${why}`);
    // What an earlier attempt has put into result, and not filed, is not the outcome.
    for (const intent of job.repeated ? await lying(books.intended(job.id)) : []) await disk.remove(pathOf(intent));
    if (!settings.preserveOnFailure) {
      await note(job, to.folder, why);
      books.rejected({ jobId: job.id, name: job.name, reason: why, kept: false });
      await close(job);
      return 'failure';
    }
    const common = { tree: 'failure' as const, capturedAt, unreadable: why, preview: null };
    if (candidate.type === 'folder') return failFolder(job, to, common);
    const figures = outcome?.original ?? (await disk.digest(fileOf(job)));
    const { size, sha256 } = figures;
    const modifiedAt = Math.trunc(candidate.look.modifiedAt);
    const kind = outcome?.original?.kind ?? kindOf(job.name);
    const intents = await placeAll({
      disk,
      wanted: [{ file: fileOf(job), name: to.name, intent: { ...common, size, sha256, kind, modifiedAt } }],
      root: trees.failure,
      folder: to.folder,
      inFolder: undefined,
      earlier: [],
      overwrite: false,
      isTaken: (path) => reservations.isTaken(path, job.id) || path.endsWith(`/${FAILURE_LOG}`),
      announce(announced, paths) {
        reservations.reserve(job.id, paths);
        books.intend(job.id, announced);
      },
    });
    return finish(job, candidate.look, intents);
  }

  /** The whole folder, with its structure, by one rename. */
  async function failFolder(
    job: Job,
    to: { folder: string; name: string },
    common: Pick<Intent, 'capturedAt' | 'unreadable' | 'preview'>,
  ): Promise<JobEnd> {
    const folder = joinedPath(trees.failure, to.folder);
    await disk.makeFolder(folder);
    const content = await contentOf(disk, fileOf(job));
    const figures = new Map<string, Figures>();
    for (const { path } of content.files) figures.set(path, await disk.digest(`${fileOf(job)}/${path}`));
    const place = await freeFolder(context, job.id, folder, to.name);
    const intents = [...figures].map(
      ([path, found]): Intent => ({
        ...common,
        ...found,
        tree: 'failure',
        path: `${place.slice(trees.failure.length + 1)}/${path}`,
        kind: kindOf(path),
        modifiedAt: Math.trunc(content.files.find((file) => file.path === path)?.look.modifiedAt ?? 0),
      }),
    );
    if (intents.length > 0) books.intend(job.id, intents);
    await note(job, to.folder, common.unreadable ?? 'unreadable');
    if (intents.length === 0) {
      books.rejected({ jobId: job.id, name: job.name, reason: common.unreadable ?? 'unreadable', kept: true });
    }
    await moveFolder(disk, content, { from: fileOf(job), to: place, jobId: job.id });
    if (intents.length > 0) books.filed(job.id);
    await close(job);
    return 'failure';
  }

  /** A link, a FIFO, a socket or a device: it is never opened, only put away by its name. */
  async function failSpecial(job: Job): Promise<JobEnd> {
    const reason = 'it is no regular file (a link, FIFO, socket or device); regular files are taken';
    const { folder, name } = placeOf(settings.failure, facts(job, clock.now()), safeName(job.name));
    log.warn({ watchedFolder: context.name, job: job.id, name: printable(job.name) }, `to failure: ${reason}`);
    await note(job, folder, reason);
    books.rejected({ jobId: job.id, name: job.name, reason, kept: true });
    // Not everybody may give such entries a second name, so this one place moves; the job's id makes the name free.
    const to = joinedPath(trees.failure, folder);
    await disk.rename(fileOf(job), `${to}/${fitted(name, `_${job.id}`)}`);
    await disk.syncFolder(to);
    await close(job);
    return 'failure';
  }

  async function finish(job: Job, look: Look, intents: readonly Intent[]): Promise<JobEnd> {
    const [first] = intents;
    if (first) books.filed(job.id);
    if (first?.tree === 'failure') await note(job, parentOf(first.path), first.unreadable ?? 'unreadable');
    else if (settings.preserve !== null) {
      await preserve(job, look, settings.preserve, facts(job, first?.capturedAt ?? timeOf(job, look, undefined)));
    }
    await close(job, look.type === 'file');
    return first?.tree ?? 'result';
  }

  /** Which of these lie where they were intended to. */
  async function lying(intents: readonly Intent[], own?: Look): Promise<Intent[]> {
    const found: Intent[] = [];
    for (const intent of intents) if (await liesThere(intent, own)) found.push(intent);
    return found;
  }

  async function allLieThere(intents: readonly Intent[], own?: Look): Promise<boolean> {
    return (await lying(intents, own)).length === intents.length;
  }

  /** Is this job's file at its intended place already, durably? Told by the file itself, else by its bytes. */
  async function liesThere(intent: Intent, own: Look | undefined): Promise<boolean> {
    const path = pathOf(intent);
    const look = await disk.look(path);
    if (look?.type !== 'file' || look.size !== intent.size) return false;
    if (!(own && isSame(look, own)) && (await disk.digest(path)).sha256 !== intent.sha256) return false;
    // Whoever gave it that name may have been killed before it was flushed.
    await disk.syncFolder(parentOf(path));
    return true;
  }

  /** Nothing is left to do, unless it is the storage that has gone: then its return has to be waited for. */
  async function gone(job: Job, intents: readonly Intent[]): Promise<JobEnd> {
    if (!(await disk.look(trees.marker))) throw storageAbsent(trees);
    if (intents.length > 0 && (await allLieThere(intents))) books.filed(job.id);
    await close(job);
    return 'gone';
  }

  /** Out of stage for good before the books forget the job: else a power cut would bring it back as a new one. */
  async function close(job: Job, isFile = false): Promise<void> {
    const folder = folderOf(job);
    const look = job.name === '' || isFile ? undefined : await disk.look(fileOf(job));
    if (isFile) await disk.remove(fileOf(job));
    else if (look?.type === 'folder') await disk.removeWork(fileOf(job));
    else if (look) await disk.remove(fileOf(job));
    if (job.repeated || !context.operation.makesNothing) await disk.removeWork(workOf(job));
    if (isFile || (await disk.look(folder))) await disk.syncFolder(folder);
    books.closed(job.id);
    reservations.release(job.id);
    // Last of all: a folder without an owner is anybody's.
    if (settings.shared) await disk.remove(`${folder}/${OWNER}`);
    await disk.removeEmpty(folder);
  }

  async function note(job: Job, folder: string, reason: string): Promise<void> {
    const entry = { at: clock.now(), jobId: job.id, name: job.name, reason };
    await logFailure(disk, joinedPath(trees.failure, folder), entry, job.repeated);
  }

  /** What the letters of a place tell: when the picture was taken, or now. */
  function timeOf(job: Job, look: Look, told: number | undefined): number {
    if (settings.patternTime === 'processing') return clock.now();
    if (told !== undefined && isUsableTime(told)) return Math.trunc(told);
    return Math.trunc(stampedAt(job.name, zone) ?? look.modifiedAt);
  }

  function facts(job: Job, capturedAt: number): PlaceFacts {
    return { name: safeName(job.name), capturedAt, zone, jobId: job.id, folderName: context.name };
  }

  return { pathOf, place, fail, failSpecial, finish, allLieThere, gone };
}

const REASON_MAX = 500;

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const isSame = (a: Look, b: Look): boolean => a.device === b.device && a.inode === b.inode;
const endsAsFolder = (pattern: string): boolean => pattern === '' || pattern.endsWith('/');

/** Years 1970 to 9999: what EXIF says beyond them is no capture time. */
const isUsableTime = (ms: number): boolean => ms >= 0 && ms < 253_402_300_800_000;
