import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rememberingCopies } from '@vigie/agent/capture/card-copies';
import { releaseCards, releaseSome } from '@vigie/agent/capture/card-release';
import { cardFault, gphoto2Config } from '@vigie/agent/capture/gphoto2-config';
import { createCardCopies } from '@vigie/agent/store/card-copies';
import type { Camera, CardCopy, CardRelease } from '@vigie/hardware/camera/camera';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';
import { tempFolder } from '../../support/temp.ts';
import { captureRequest, gphotoSet, rawPicture } from '../../support/virtual-camera/gphoto2.ts';

const receipt = receiptOf('digest');

/** A ledger with a source `garden` that owes to `archive` and `mirror`, and the copies on its camera's card. */
async function withLedger(folder?: string) {
  const set = await testLedger(folder);
  const { ledger, clock, deliveries } = set;
  const destinations = ['archive', 'mirror'];
  const copies = createCardCopies({ ledger, source: 'garden', destinations, clock });
  /** Everything that is owed to this destination arrives. */
  function arrive(destination: string): void {
    for (;;) {
      const claimed = deliveries.claim(destination, ['live', 'backfill']);
      if (!claimed) return;
      deliveries.verified(claimed, destination, receipt);
    }
  }
  return { ...set, copies, arrive };
}

const copyOf = (number: number): CardCopy => ({
  serial: '4711',
  card: 'A 64000',
  folder: '/store_00010001/DCIM/100GPHOT',
  name: `GPH_${number}.JPG`,
  bytes: 1000 + (number % 7),
  modifiedAt: 1000 * number,
  sha256: number.toString(16).padStart(64, 'a'),
});
const assetOf = ({ bytes, sha256 }: CardCopy) => ({ size: bytes, sha256 });

test('a copy is due only when its very bytes are verified at all destinations', async () => {
  const { copies, file, arrive } = await withLedger();
  const [one, two] = [copyOf(1), copyOf(2)];
  copies.add([one, two]);
  expect(copies.due(10)).toEqual([]);
  file('d/1.jpg', assetOf(one));
  // Of the same size, with other bytes: what a step has made of it, perhaps.
  file('d/2.jpg', { size: two.bytes });
  arrive('archive');
  expect(copies.due(10)).toEqual([]);
  arrive('mirror');
  expect(copies.due(10)).toEqual([expect.objectContaining(one)]);
});

test('a picture that is kept as unreadable keeps its copy on the card, and so does one that was removed', async () => {
  const { copies, file, arrive, assets } = await withLedger();
  const [torn, gone] = [copyOf(1), copyOf(2)];
  copies.add([torn, gone]);
  file('d/1.jpg', { ...assetOf(torn), unreadable: 'it is cut short' });
  file('d/2.jpg', assetOf(gone));
  arrive('archive');
  assets.remove(assets.find('d/2.jpg') as Parameters<typeof assets.remove>[0], 'its file was gone');
  arrive('mirror');
  expect(copies.due(10)).toEqual([]);
});

test('copies are remembered over a start, forgotten when they are gone, and tried again when they are not', async () => {
  const folder = await tempFolder();
  const before = await withLedger(folder);
  const wanted = [1, 2, 3, 4].map(copyOf);
  before.copies.add(wanted);
  for (const [at, copy] of wanted.entries()) before.file(`d/${at}.jpg`, assetOf(copy));
  const { copies, arrive, clock } = await withLedger(folder);
  arrive('archive');
  arrive('mirror');
  const due = copies.due(10);
  expect(due.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
  const outcomes: CardRelease[] = ['deleted', 'absent', 'other', 'refused'];
  copies.settled(due.map(({ id }, at) => ({ id, outcome: outcomes[at] as CardRelease })));
  expect(copies.due(10)).toEqual([]);
  expect(copies.waiting()).toBe(2);
  clock.advance(3_600_000);
  expect(copies.due(10).map(({ name }) => name)).toEqual(['GPH_3.JPG', 'GPH_4.JPG']);
});

test('after a long outage every copy comes due, a portion at each look', async () => {
  const { copies, file, arrive } = await withLedger();
  const wanted = Array.from({ length: 1100 }, (_, at) => copyOf(at));
  copies.add(wanted);
  // The last ones have arrived first: they lie two portions behind those that wait.
  for (const [at, copy] of wanted.entries()) if (at >= 1060) file(`d/${at}.jpg`, assetOf(copy));
  arrive('archive');
  arrive('mirror');
  const gone = new Set<string>();
  for (let look = 0; look < 10; look++) {
    const due = copies.due(20);
    for (const { name } of due) gone.add(name);
    copies.settled(due.map(({ id }) => ({ id, outcome: 'deleted' })));
  }
  expect(gone.size).toBe(40);
  expect(copies.waiting()).toBe(1060);
});

test('without destinations nothing is proved, and nothing is due', async () => {
  const { ledger, clock, file } = await withLedger();
  const copies = createCardCopies({ ledger, source: 'garden', destinations: [], clock });
  copies.add([copyOf(1)]);
  file('d/1.jpg', assetOf(copyOf(1)));
  expect(copies.due(10)).toEqual([]);
});

test('the whole way with a camera: captured, delivered, deleted on the card; a swapped card keeps its files', async () => {
  const { copies, file, arrive, clock } = await withLedger();
  const { camera, virtual } = await gphotoSet({
    keepOnCard: 'until-delivered',
    settings: { imagequality: 'NEF+Fine' },
  });
  await virtual.putRaw(rawPicture());
  await virtual.control.set('card', 'CARD-A 64000000 50000000');
  const remembering = rememberingCopies(camera, copies.add, (error) => expect(error).toBeUndefined());
  const files = await remembering.capture(await captureRequest());
  const onCard = async () =>
    (await readdir(join(virtual.store, 'DCIM/100GPHOT'))).filter((name) => name.startsWith('GPH_')).length;
  const options = { camera: remembering, copies, mayRelease: () => true, clock, log: silentLog };

  for (const { card, extension } of files) file(`d/1.${extension}`, assetOf(card as CardCopy));
  arrive('archive');
  expect(await releaseSome(options)).toBe(0);
  arrive('mirror');
  await virtual.control.set('card', 'CARD-B 64000000 50000000');
  // Another label is another card.
  expect(await releaseSome(options)).toBe(0);
  expect(await onCard()).toBe(2);
  await virtual.control.set('card', 'CARD-A 64000000 49000000');
  clock.advance(3_600_000);
  expect(await releaseSome(options)).toBe(2);
  expect(await onCard()).toBe(0);
  expect(copies.waiting()).toBe(0);
});

/** A camera that does as it is told, and counts. */
function countingCamera(outcome: () => CardRelease) {
  const asked: number[] = [];
  const camera: Pick<Camera, 'release'> = {
    async release(copies) {
      asked.push(copies.length);
      return copies.map(outcome);
    },
  };
  return { camera, asked };
}

test('the camera is not asked while a capture is due, but as soon as there is time', async () => {
  const { copies, file, arrive, clock } = await withLedger();
  const { camera, asked } = countingCamera(() => 'deleted');
  copies.add([copyOf(1)]);
  file('d/1.jpg', assetOf(copyOf(1)));
  arrive('archive');
  arrive('mirror');
  const ending = new AbortController();
  const sleeps: number[] = [];
  const askedAfter: number[] = [];
  const sleep = async (ms: number) => {
    if (asked.length > 0) askedAfter.push(sleeps.length);
    sleeps.push(ms);
    if (sleeps.length === 8) ending.abort();
  };
  // A capture is due at every regular look, and for three seconds after it.
  const mayRelease = () => sleeps.length >= 4;
  await releaseCards({ camera, copies, mayRelease, clock: { ...clock, sleep }, log: silentLog }, ending.signal);
  expect(sleeps.slice(0, 5)).toEqual([60_000, 1_000, 1_000, 1_000, 60_000]);
  expect(askedAfter[0]).toBe(4);
  expect(asked).toEqual([1]);
  expect(copies.waiting()).toBe(0);
});

test('a camera that takes many pictures is released as often as it needs', async () => {
  const { copies, file, arrive, clock } = await withLedger();
  const { camera, asked } = countingCamera(() => 'deleted');
  const wanted = Array.from({ length: 45 }, (_, at) => copyOf(at));
  copies.add(wanted);
  for (const [at, copy] of wanted.entries()) file(`d/${at}.jpg`, assetOf(copy));
  arrive('archive');
  arrive('mirror');
  const ending = new AbortController();
  const sleep = async () => {
    if (asked.length > 0) ending.abort();
  };
  const options = { camera, copies, mayRelease: () => true, clock: { ...clock, sleep }, log: silentLog };
  await releaseCards(options, ending.signal);
  expect(asked).toEqual([20, 20, 5]);
});

test('a camera that cannot be had, or answers too little, loses nothing from the list', async () => {
  const { copies, file, arrive, clock } = await withLedger();
  copies.add([copyOf(1), copyOf(2)]);
  for (const number of [1, 2]) file(`d/${number}.jpg`, assetOf(copyOf(number)));
  arrive('archive');
  arrive('mirror');
  const options = { copies, mayRelease: () => true, clock, log: silentLog };
  const absent = async () => {
    throw new VigieError('camera-absent', 'it is off', { retryable: true });
  };
  expect(await releaseSome({ ...options, camera: { release: absent } })).toBe(0);
  expect(copies.waiting()).toBe(2);
  expect(await releaseSome({ ...options, camera: { release: async () => ['deleted'] } })).toBe(1);
  expect(copies.waiting()).toBe(1);
  expect(await releaseSome({ ...options, camera: {} })).toBe(0);
});

test('a capture that cannot be written down is a capture all the same', async () => {
  const file = { path: '/nowhere/1.jpg', extension: 'jpg', card: copyOf(1) };
  const failures: unknown[] = [];
  const camera: Camera = {
    description: 'one that always gives a picture',
    capture: async () => [file],
    [Symbol.asyncDispose]: async () => undefined,
  };
  const failing = () => {
    throw new Error('the ledger is full');
  };
  const remembering = rememberingCopies(camera, failing, (error) => failures.push(error));
  expect(await remembering.capture(await captureRequest())).toEqual([file]);
  expect(failures).toHaveLength(1);
});

test('the configuration says what it can keep', () => {
  const read = (camera: object) => gphoto2Config.safeParse({ type: 'gphoto2', ...camera });
  expect(read({}).data).toMatchObject({ keepOnCard: 'always', settings: {}, timeLimit: 30_000 });
  expect(read({ keepOnCard: true }).data?.keepOnCard).toBe('always');
  expect(read({ keepOnCard: false }).data?.keepOnCard).toBe('never');
  expect(read({ serial: 6012345, settings: { iso: 200, autofocus: true } }).data).toMatchObject({
    serial: '6012345',
    settings: { iso: '200', autofocus: 'true' },
  });
  expect(read({ keepOnCard: 'until-delivered', captureTarget: 'memory' }).success).toBe(false);
  expect(read({ settings: { capturetarget: 'Memory card' } }).success).toBe(false);
  expect(read({ settings: { '/main/iso': 200 } }).success).toBe(false);

  const camera = read({ keepOnCard: 'until-delivered' }).data as { type: 'gphoto2' };
  expect(cardFault({ camera, process: [], destinations: ['archive'] })).toBeUndefined();
  expect(cardFault({ camera, process: [], destinations: [] })).toContain('needs "destinations"');
  expect(cardFault({ camera, process: [{}], destinations: ['archive'] })).toContain('empty "process"');
  expect(cardFault({ camera: { type: 'test-picture' }, process: [{}], destinations: [] })).toBeUndefined();
});
