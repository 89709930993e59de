import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What an executable carries beside its code: add-ons and files that the system must see as files. `digest` names exactly this. */
export type Contents = { digest: string; files: { path: string; bytes: number }[] };

/** Of other versions so many stay: an update may be taken back. */
const OTHERS_KEPT = 1;
/** What another process has begun and not ended for so long was left behind. */
const LEFT_BEHIND_MS = 3_600_000;
const OTHERS = /^[0-9a-f]{32}(\.[0-9a-f]{8}\.part)?$/;

/**
 * Folders where contents may be unpacked, the best first: systemd's `CacheDirectory=`, then the user's cache, then the machine's folder
 * for what is passing. Source: systemd.exec(5), the XDG base directory specification.
 */
export function placesToUnpack(env: NodeJS.ProcessEnv, tmp: string, uid: number): string[] {
  const { CACHE_DIRECTORY, XDG_CACHE_HOME, HOME } = env;
  const places = [
    CACHE_DIRECTORY?.split(':')[0],
    XDG_CACHE_HOME && join(XDG_CACHE_HOME, 'vigie'),
    HOME && join(HOME, '.cache', 'vigie'),
    join(tmp, `vigie-${uid}`),
  ];
  return places.filter((place) => place?.startsWith('/')) as string[];
}

/**
 * The folder in which all contents lie, unpacked where they are not yet: under a name of their own first, flushed, then renamed, so
 * that a power cut leaves all or nothing. Several processes may come at once. Throws where no place can be written.
 */
export function unpack(
  contents: Contents,
  read: (path: string) => Uint8Array,
  { places, uid, now }: { places: string[]; uid: number; now: number },
): string {
  const refusals: string[] = [];
  for (const place of places) {
    try {
      mkdirSync(place, { recursive: true, mode: 0o700 });
      const refusal = notOurs(place, uid);
      if (refusal === undefined) return unpackAt(place, contents, read, now);
      refusals.push(`${place}: ${refusal}`);
    } catch (error) {
      refusals.push(`${place}: ${(error as Error).message}`);
    }
  }
  throw new Error(
    `unpack add-ons: ${refusals.join('; ') || 'no folder is named'}; set CACHE_DIRECTORY to a folder of this user`,
  );
}

/** Who could put a file there could have this program load it. */
function notOurs(place: string, uid: number): string | undefined {
  const found = lstatSync(place);
  if (!found.isDirectory()) return 'it is no folder';
  if (found.uid !== uid) return `it belongs to user ${found.uid}, not to ${uid}`;
  return found.mode & 0o022 ? 'others may write to it' : undefined;
}

function unpackAt(place: string, contents: Contents, read: (path: string) => Uint8Array, now: number): string {
  const target = join(place, contents.digest);
  if (isWhole(target, contents)) return target;
  const work = `${target}.${randomBytes(4).toString('hex')}.part`;
  try {
    for (const { path } of contents.files) {
      mkdirSync(dirname(join(work, path)), { recursive: true, mode: 0o700 });
      writeFileSync(join(work, path), read(path), { mode: 0o600 });
    }
    // One call for all of them, which Node has not.
    const { status, error, stderr } = spawnSync('sync', ['-f', work], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`flush: ${error?.message ?? stderr.trim()}`);
    takePlace(work, target, contents);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  removeOthers(place, contents.digest, now);
  return target;
}

function takePlace(work: string, target: string, contents: Contents): void {
  try {
    renameSync(work, target);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    // Another process was quicker; or what lies there is not whole.
    if (isWhole(target, contents)) return;
    renameSync(target, `${work}.old`);
    renameSync(work, target);
    rmSync(`${work}.old`, { recursive: true, force: true });
  }
}

function isWhole(target: string, { files }: Contents): boolean {
  return files.every(({ path, bytes }) => statSync(join(target, path), { throwIfNoEntry: false })?.size === bytes);
}

function removeOthers(place: string, digest: string, now: number): void {
  const others = readdirSync(place)
    .filter((name) => OTHERS.test(name) && name !== digest)
    .map((name) => ({ name, at: statSync(join(place, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.at - a.at);
  const whole = others.filter(({ name }) => !name.endsWith('.part')).slice(OTHERS_KEPT);
  const begun = others.filter(({ name, at }) => name.endsWith('.part') && now - at > LEFT_BEHIND_MS);
  for (const { name } of [...whole, ...begun]) rmSync(join(place, name), { recursive: true, force: true });
}
