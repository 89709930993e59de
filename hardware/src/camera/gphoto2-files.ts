import { createHash } from 'node:crypto';
import { createReadStream, openSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '@vigie/shared/kit/clock';
import type { CardCopy } from './camera.ts';
import { GphotoError } from './gphoto2-calls.ts';
import type { CardPath, OpenCamera } from './gphoto2-library.ts';
import type { CaptureOrder, SavedFile } from './gphoto2-order.ts';

/** While further files of a release are waited for, the card is looked at this often. */
const LOOK_AT_CARD_EVERY_MS = 2_000;
const FIRST_LOOK_AFTER_MS = 500;
const EVENT_WAIT_MS = 250;
/** `GP_ERROR_CORRUPTED_DATA` */
const CORRUPTED = -102;

/**
 * Releases the shutter and waits until the camera has told all files of the release: by its events, else by what lies on
 * the card beside the first one under the same number. More than expected are taken as well.
 */
export async function releaseShutter(
  camera: OpenCamera,
  expected: number,
  limitMs: number,
  clock: Pick<Clock, 'monotonic'>,
): Promise<CardPath[]> {
  const paths = [await camera.capture()];
  const begin = clock.monotonic();
  // The driver may have swallowed the event of the first file: the card is looked at soon.
  let lookedAt = begin - LOOK_AT_CARD_EVERY_MS + FIRST_LOOK_AFTER_MS;
  const add = (path: CardPath) => {
    if (!paths.some(({ folder, name }) => folder === path.folder && name === path.name)) paths.push(path);
  };
  while (paths.length < expected && clock.monotonic() - begin < limitMs) {
    const event = await camera.nextEvent(EVENT_WAIT_MS);
    if (event.type === 'added') add(event.path);
    if (event.type === 'added' || clock.monotonic() - lookedAt < LOOK_AT_CARD_EVERY_MS) continue;
    lookedAt = clock.monotonic();
    for (const path of await besides(camera, paths[0] as CardPath)) add(path);
  }
  return paths;
}

/** Files of the same number as this one: `DSC_0001.NEF` beside `DSC_0001.JPG`. */
async function besides(camera: OpenCamera, { folder, name }: CardPath): Promise<CardPath[]> {
  const stem = stemOf(name);
  const names = await camera.files(folder).catch((error: unknown) => {
    // What lies in the camera's own memory cannot be listed by all of them: its events remain.
    if (error instanceof GphotoError) return [];
    throw error;
  });
  return names.filter((other) => stemOf(other) === stem).map((other) => ({ folder, name: other }));
}

const stemOf = (name: string): string => name.replace(/\.[^.]*$/, '').toLowerCase();

/**
 * Brings one file into the folder, durably: under a name that ends in `.part` until all its bytes are there. It throws
 * where the camera gave fewer bytes than it had told.
 */
export async function saveFile(
  camera: OpenCamera,
  path: CardPath,
  number: number,
  { folder }: Pick<CaptureOrder, 'folder'>,
  on: { serial: string; card: string } | undefined,
): Promise<SavedFile> {
  const name = `${String(number).padStart(2, '0')}-${safe(path.name)}`;
  const part = join(folder, `${name}.part`);
  const facts = await camera.facts(path);
  // libgphoto2 closes the descriptor that it is given.
  await camera.download(path, openSync(part, 'wx'));
  const size = await flushed(part);
  if (size !== (facts.bytes ?? size)) throw new GphotoError(`read ${size} of ${facts.bytes} bytes`, CORRUPTED);
  await rename(part, join(folder, name));
  await sync(folder);
  await sync(dirname(folder));
  // What is in the camera's own memory is gone with the session.
  if (!on || path.folder === '/') return { name };
  camera.forgetFacts(path);
  const { modifiedAt } = await camera.facts(path);
  const card: CardCopy = { ...on, ...path, bytes: size, modifiedAt, sha256: await digest(join(folder, name)) };
  return { name, card };
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Flushes a file; returns its size. */
async function flushed(path: string): Promise<number> {
  await using file = await open(path);
  await file.sync();
  return (await file.stat()).size;
}

async function sync(folder: string): Promise<void> {
  await using handle = await open(folder);
  await handle.sync();
}

const safe = (name: string): string => name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(-60);
