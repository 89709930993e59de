import { createHash } from 'node:crypto';
import { readdir, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { CardCopy } from '@vigie/hardware/camera/camera';
import { expect, test } from 'vitest';
import { captureRequest, gphotoSet, rawPicture } from '../../support/virtual-camera/gphoto2.ts';

const CARD = 'CARD-A 64000000 50000000';

/** A camera with a card that keeps pictures, and one capture of RAW and JPEG on it. */
async function withCopies() {
  const set = await gphotoSet({ keepOnCard: 'until-delivered', settings: { imagequality: 'NEF+Fine' } });
  await set.virtual.putRaw(rawPicture());
  await set.virtual.control.set('card', CARD);
  const files = await set.camera.capture(await captureRequest());
  const copies = files.map(({ card }) => card as CardCopy);
  const pictures = join(set.virtual.store, 'DCIM/100GPHOT');
  const onCard = async () => (await readdir(pictures)).filter((name) => name.startsWith('GPH_')).sort();
  const release = (wanted: readonly CardCopy[] = copies) => set.camera.release?.(wanted);
  return { ...set, files, copies, pictures, onCard, release };
}

test('a capture tells where the card holds its files; released, they are deleted there, and no other file is', async () => {
  const { camera, files, copies, release, onCard } = await withCopies();
  expect(copies.map(({ name }) => name).sort()).toEqual(await onCard());
  for (const [at, { path }] of files.entries()) {
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    expect(copies[at]).toMatchObject({ serial: '1', card: 'CARD-A 64000000', sha256 });
  }
  const [later] = await camera.capture(await captureRequest());
  expect(await release()).toEqual(['deleted', 'deleted']);
  expect(await onCard()).toHaveLength(2);
  expect(await onCard()).toContain(later?.card?.name);
  expect(await release()).toEqual(['absent', 'absent']);
});

test('another file under the same name is not deleted', async () => {
  const { release, copies, onCard, pictures } = await withCopies();
  expect(await release(copies.map((copy) => ({ ...copy, bytes: copy.bytes + 1 })))).toEqual(['other', 'other']);
  // The same name and size, taken at another time.
  for (const { name } of copies) await utimes(join(pictures, name), 1_000_000, 1_000_000);
  expect(await release()).toEqual(['other', 'other']);
  expect(await onCard()).toHaveLength(2);
});

test('a card that was swapped loses nothing, and neither does another body', async () => {
  const { release, virtual, onCard } = await withCopies();
  await virtual.control.set('card', 'CARD-B 32000000 50000000');
  expect(await release()).toEqual(['other', 'other']);
  await virtual.control.set('card', CARD);
  await virtual.control.set('serial', '2');
  expect(await release()).toEqual(['other', 'other']);
  await virtual.control.set('serial', '1');
  expect(await onCard()).toHaveLength(2);
  expect(await release()).toEqual(['deleted', 'deleted']);
});

test('a camera that does not delete, and says that it did, is found out', async () => {
  const { release, virtual, onCard } = await withCopies();
  await virtual.control.set('undeletable');
  expect(await release()).toEqual(['refused', 'refused']);
  expect(await onCard()).toHaveLength(2);
});

test('a release of a camera that is absent, or in use, throws and deletes nothing', async () => {
  const { camera, release, virtual, onCard } = await withCopies();
  await virtual.control.set('absent');
  await expect(release()).rejects.toMatchObject({ code: 'camera-absent', retryable: true });
  await virtual.control.clear('absent');
  const capture = camera.capture(await captureRequest());
  await expect(release()).rejects.toMatchObject({ code: 'camera-busy', retryable: true });
  await capture;
  expect(await onCard()).toHaveLength(4);
});

test('a capture that is due ends a release that hangs', async () => {
  const { camera, release, virtual } = await withCopies();
  await virtual.control.set('hang');
  const refused = expect(release()).rejects.toMatchObject({ code: 'camera-busy' });
  const capture = camera.capture(await captureRequest());
  await refused;
  await virtual.control.clear('hang');
  expect(await capture).toHaveLength(2);
});

test('"never": the files are deleted on the card once they are here, and stay there when one is missing', async () => {
  const { open, virtual, onCard, pictures } = await withCopies();
  for (const name of await onCard()) await rm(join(pictures, name));
  const camera = open({ keepOnCard: 'never', filesLimitMs: 1_000 });
  expect(await camera.capture(await captureRequest())).toHaveLength(2);
  expect(await onCard()).toEqual([]);
  await virtual.control.set('second-ms', '-1');
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({ code: 'camera-incomplete' });
  expect(await onCard()).toHaveLength(1);
});

test('"always": nothing is deleted, and nobody is told of copies', async () => {
  const { open, onCard } = await withCopies();
  const before = await onCard();
  const files = await open({ keepOnCard: 'always' }).capture(await captureRequest());
  expect(files.map(({ card }) => card)).toEqual([undefined, undefined]);
  expect((await onCard()).length).toBe(before.length + 2);
});
