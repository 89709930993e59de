import { link, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CapturerOptions, createCapturer } from '@vigie/agent/capture/capturer';
import { createCaptures } from '@vigie/agent/store/captures';
import { systemClock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';

const AT = Date.UTC(2026, 6, 1, 12, 0, 0);
const JPEG = Buffer.from('\xff\xd8\xff\xe0 and more', 'latin1');

/** A capturer in a folder of its own; `submit` moves files to its `input` without a suffix. */
async function site(options: Partial<CapturerOptions> = {}) {
  const folder = await tempFolder();
  const [input, workFolder] = [join(folder, 'input'), join(folder, '.capture')];
  await mkdir(input);
  await mkdir(workFolder);
  const ledger = await testLedger();
  const captures = createCaptures(ledger.ledger, 'garden', ledger.outbox, systemClock);
  const submitted: [name: string, isComplete: boolean][] = [];
  let sequence = 0;
  const capturer = createCapturer({
    source: 'garden',
    camera: {
      description: 'test',
      async capture({ folder: at }) {
        await writeFile(join(at, 'picture'), JPEG);
        return [{ path: join(at, 'picture'), extension: 'jpg' }];
      },
      async [Symbol.asyncDispose]() {},
    },
    schedule: undefined,
    zone: 'UTC',
    captures,
    ready: async () => undefined,
    async submit(file, name, isComplete) {
      await rename(file, join(input, name));
      submitted.push([name, isComplete]);
      return name;
    },
    workFolder,
    nextNumber: () => ++sequence,
    changed: () => undefined,
    clock: { ...systemClock, now: () => AT },
    log: silentLog,
    ...options,
  });
  /** As an agent that was killed leaves it. */
  async function leave(id: number, name: string, bytes: Uint8Array): Promise<string> {
    const path = join(workFolder, String(id), name);
    await mkdir(join(workFolder, String(id)), { recursive: true });
    await writeFile(path, bytes);
    await utimes(path, AT / 1000 - 60, AT / 1000 - 60);
    return path;
  }
  const events = () => ledger.outbox.after(0, 100);
  return { capturer, captures, input, workFolder, submitted, leave, events };
}

test('a capture enters input under the time at which it was taken, and leaves nothing behind', async () => {
  const { capturer, captures, submitted, workFolder } = await site();
  expect(await capturer.capture(AT)).toEqual(['20260701120000.jpg']);
  expect(submitted).toEqual([['20260701120000.jpg', true]]);
  expect(await readdir(workFolder)).toEqual([]);
  expect(captures.running()).toEqual([]);
});

test('a picture that a killed agent left is handed over as one that may be torn, and its slot counts as captured', async () => {
  const { capturer, captures, submitted, input, workFolder, leave, events } = await site();
  const id = captures.begin(AT - 60_000);
  await leave(id, 'Xq81zT', JPEG);
  await capturer.recover();
  expect(submitted).toEqual([['20260701115900.jpg', false]]);
  expect(await readFile(join(input, '20260701115900.jpg'))).toEqual(JPEG);
  expect(await readdir(workFolder)).toEqual([]);
  expect(captures.running()).toEqual([]);
  expect(events()).toEqual([]);
});

test('a capture that was cut short without a picture is told as failed', async () => {
  const { capturer, captures, submitted, workFolder, leave, events } = await site();
  await leave(captures.begin(AT - 60_000), 'empty', new Uint8Array());
  await capturer.recover();
  expect(submitted).toEqual([]);
  expect(await readdir(workFolder)).toEqual([]);
  expect(events()).toMatchObject([{ type: 'capture-failed', slotAt: AT - 60_000, code: 'agent-stopped' }]);
});

test('a file whose other name is in input already is not handed over again', async () => {
  const { capturer, captures, submitted, input, workFolder, leave, events } = await site();
  const path = await leave(captures.begin(AT - 60_000), 'picture', JPEG);
  await link(path, join(input, '20260701115900.jpg'));
  await capturer.recover();
  expect(submitted).toEqual([]);
  expect(await readdir(workFolder)).toEqual([]);
  expect(await readFile(join(input, '20260701115900.jpg'))).toEqual(JPEG);
  expect(events()).toEqual([]);
});

test('a camera does not write into what lies in its folder from an earlier ledger', async () => {
  const { capturer, input, workFolder, leave } = await site();
  const old = Buffer.from('\xff\xd8\xff\xe0 of an earlier ledger', 'latin1');
  await link(await leave(1, 'picture', old), join(input, 'old.jpg'));
  await capturer.capture(AT);
  expect(await readFile(join(input, 'old.jpg'))).toEqual(old);
  expect(await readdir(workFolder)).toEqual([]);
});

test('a picture that a full disk keeps out of input stays, and enters it with the next capture', async () => {
  let isFull = true;
  const names: string[] = [];
  const { capturer, workFolder, events } = await site({
    async submit(file, name) {
      if (isFull) throw new VigieError('ENOSPC', 'no space left', { retryable: true });
      await rename(file, `${workFolder}/../input/${name}`);
      names.push(name);
      return name;
    },
  });
  await expect(capturer.capture(AT)).rejects.toThrow('no space left');
  expect(await readdir(join(workFolder, '1'))).toEqual(['picture']);
  expect(events()).toMatchObject([{ type: 'capture-failed', code: 'ENOSPC' }]);
  isFull = false;
  await capturer.capture(AT + 1000);
  expect(names.length).toBe(2);
  expect(await readdir(workFolder)).toEqual([]);
});

test('a picture that cannot be handed over does not hold up the next capture', async () => {
  const { capturer, workFolder } = await site({
    async submit(file, name, isComplete) {
      if (!isComplete) throw new VigieError('EIO', 'input/output error');
      await rename(file, `${workFolder}/../input/${name}`);
      return name;
    },
  });
  await mkdir(join(workFolder, '1000'));
  await writeFile(join(workFolder, '1000/left'), JPEG);
  expect(await capturer.capture(AT)).toEqual(['20260701120000.jpg']);
  expect(await readdir(workFolder)).toEqual(['1000']);
});
