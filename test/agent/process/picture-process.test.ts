import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPictureProcess, type PictureProcessOptions } from '@vigie/agent/process/picture-process';
import { createPipeline } from '@vigie/agent/process/pipeline';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, onTestFinished, test } from 'vitest';
import { fontFile } from '../../support/font.ts';
import { decodes, jpegPicture } from '../../support/picture.ts';
import { tempFolder, until } from '../../support/temp.ts';
import { jobOf, steps } from './job.ts';

const own = join(import.meta.dirname, '../../../agent/src/process/picture-child.ts');
const temperamental = { command: process.execPath, args: [join(import.meta.dirname, 'temperamental-child.ts')] };

function open(options: Partial<PictureProcessOptions> = {}) {
  const pictures = createPictureProcess({ environment: process.env, clock: systemClock, log: silentLog, ...options });
  onTestFinished(() => pictures[Symbol.asyncDispose]());
  return pictures;
}

/** Runs, and is no zombie. */
function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

test('an operation gives what the pipeline gives, whatever the name, and many run at once in one process', async () => {
  const pictures = open();
  const list = steps({ step: 'resize', width: 100 }, { step: 'legend', text: '{source} {time}' });
  const operation = pictures.operation(list);
  const names = [
    'a.jpg',
    'b c.jpg',
    'caf\u00e9.jpg',
    '\u{10ffe9}.jpg',
    ...Array.from({ length: 16 }, (_, i) => `${i}.jpg`),
  ];
  const jobs = await Promise.all(names.map(async (name) => jobOf(await jpegPicture(), name)));
  const outcomes = await Promise.all(jobs.map((job) => operation(job)));
  for (const [at, outcome] of outcomes.entries()) {
    const twin = await jobOf(await jpegPicture(), names[at]);
    const { result, ...expected } = await createPipeline({ steps: list })(twin);
    expect(outcome).toMatchObject({
      ...expected,
      result: { name: result.name, size: result.size, sha256: result.sha256 },
    });
    expect(Buffer.isBuffer(outcome.preview)).toBe(true);
    expect(outcome.result.file.startsWith(`${jobs[at]?.workFolder}/`)).toBe(true);
  }
  const torn = (await jpegPicture()).subarray(0, 2000);
  expect(await operation(await jobOf(torn))).toMatchObject({ sound: { ok: false }, original: { size: 2000 } });
});

test('an error of the pipeline keeps its code, its hint and whether it can be tried again', async () => {
  const broken = open().operation(steps({ step: 'watermark', file: '/nowhere.png' }));
  await expect(broken(await jobOf(await jpegPicture()))).rejects.toMatchObject({
    name: 'VigieError',
    code: 'step',
    retryable: false,
    hint: expect.stringContaining('watermark'),
  });
  const gone = { ...(await jobOf(await jpegPicture())), file: '/nowhere.jpg' };
  await expect(open().operation([])(gone)).rejects.toMatchObject({ code: 'io', retryable: true });
});

test('a test picture is drawn there', async () => {
  const path = join(await tempFolder(), '1.jpg');
  const at = Date.UTC(2026, 4, 3, 10, 20, 30);
  const picture = { path, width: 320, height: 240, bytes: 60_000, fontFile, at, zone: 'UTC', source: 's', sequence: 1 };
  const pictures = open();
  await pictures.drawTestPicture(picture);
  expect(await decodes(await readFile(path))).toBe(true);
  const reason = new Error('the source was stopped');
  await expect(pictures.drawTestPicture({ ...picture, path: `${path}2` }, AbortSignal.abort(reason))).rejects.toBe(
    reason,
  );
  expect(existsSync(`${path}2`)).toBe(false);
});

test('the process is started by the first order, ends when idle, and the next order starts another', async () => {
  const pictures = open({ idleMs: 200 });
  expect(pictures.pid).toBeUndefined();
  const operation = pictures.operation([]);
  await operation(await jobOf(await jpegPicture()));
  const first = pictures.pid as number;
  expect(lives(first)).toBe(true);
  await until('the idle process has ended', () => pictures.pid === undefined && !lives(first));
  expect(await operation(await jobOf(await jpegPicture()))).toMatchObject({ sound: { ok: true } });
  expect(pictures.pid).not.toBe(first);
});

test('a process that crashes fails its orders, which can be tried again; a picture that is not to blame goes through', async () => {
  const operation = open({ child: temperamental }).operation([]);
  const good = await jobOf(await jpegPicture(), 'slow.jpg');
  const both = [operation(good), operation(await jobOf(await jpegPicture(), 'crash.jpg'))];
  for (const one of both) await expect(one).rejects.toMatchObject({ code: 'picture-process', retryable: true });
  expect(await operation(good)).toMatchObject({ sound: { ok: true } });
});

test('a file that ends the process three times is not sound, with its figures; those beside it stay so', async () => {
  const operation = open({ child: temperamental }).operation([]);
  const poison = await jobOf(await jpegPicture(), 'crash.jpg');
  const good = await jobOf(await jpegPicture(), 'slow.jpg');
  const { original, result } = await createPipeline({ steps: [] })(poison);
  // As the watched folder does: again and again, always with the other beside it, until both have an outcome.
  const tried = async (job: typeof poison) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { attempt, outcome: await operation(job) };
      } catch (error) {
        expect(error).toMatchObject({ code: 'picture-process', retryable: true });
        expect(attempt).toBeLessThan(5);
      }
    }
  };
  const [bad, fine] = await Promise.all([tried(poison), tried(good)]);
  expect(bad.attempt).toBe(3);
  expect(bad.outcome).toMatchObject({
    sound: { ok: false, reason: expect.stringMatching(/ended 3 times.*SIGABRT/) },
    original,
    result,
    preview: null,
  });
  expect(fine.outcome).toMatchObject({ sound: { ok: true } });
});

test('an order over its time limit takes the process with it; the third time its file is not sound', async () => {
  const operation = open({ child: temperamental, timeLimitMs: 700 }).operation([]);
  const hanging = await jobOf(await jpegPicture(), 'hang.jpg');
  for (const _ of [1, 2]) {
    await expect(operation(hanging)).rejects.toMatchObject({
      code: 'picture-process',
      message: expect.stringContaining('700 ms'),
    });
  }
  expect(await operation(hanging)).toMatchObject({ sound: { ok: false }, original: { kind: 'jpg' } });
});

test('a process that cannot start blames no file', async () => {
  const operation = open({ child: { command: process.execPath, args: ['-e', 'process.exit(7)'] } }).operation([]);
  const job = await jobOf(await jpegPicture());
  for (const _ of [1, 2, 3, 4]) {
    await expect(operation(job)).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('exit code 7'),
    });
  }
  const absent = open({ child: { command: '/nowhere/node', args: [] } }).operation([]);
  await expect(absent(job)).rejects.toMatchObject({
    code: 'picture-process',
    message: expect.stringContaining('ENOENT'),
  });
});

test('an order that is called off rejects with the reason, begun or waiting, and blames nobody', async () => {
  const operation = open({ child: temperamental }).operation([]);
  const reason = new Error('the engine is stopping');
  const abort = new AbortController();
  const jobs = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => jobOf(await jpegPicture(), `slow${i}.jpg`)),
  );
  const all = jobs.map((job) => operation(job, abort.signal));
  abort.abort(reason);
  await Promise.all(all.map((one) => expect(one).rejects.toBe(reason)));
  expect(await operation(jobs[0] as (typeof jobs)[0])).toMatchObject({ sound: { ok: true } });
});

test('closing ends the process', async () => {
  const pictures = open();
  await pictures.operation([])(await jobOf(await jpegPicture()));
  const pid = pictures.pid as number;
  await pictures[Symbol.asyncDispose]();
  expect(lives(pid)).toBe(false);
});

test.each([
  ['picture process', own],
  ['one whose work hangs', temperamental.args[0] as string],
])('a killed agent leaves no %s behind', async (_, script) => {
  const folder = await tempFolder();
  const agent = join(folder, 'agent.mjs');
  const told = join(folder, 'pid');
  await mkdir(join(folder, 'work'));
  await writeFile(join(folder, 'hang.jpg'), await jpegPicture());
  const job = {
    file: join(folder, 'hang.jpg'),
    name: 'hang.jpg',
    workFolder: join(folder, 'work'),
    source: 's',
    zone: 'UTC',
    capturedAt: 0,
  };
  await writeFile(
    agent,
    `import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const child = spawn(process.execPath, [${JSON.stringify(script)}], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' });
child.on('message', () => {
  child.send({ id: 1, order: { do: 'process', steps: [], job: ${JSON.stringify(job)} } });
  writeFileSync(${JSON.stringify(told)}, String(child.pid));
});
`,
  );
  const killed = spawn(process.execPath, [agent], { stdio: 'ignore' });
  onTestFinished(() => void killed.kill('SIGKILL'));
  const pid = await until('the process is ready', () => existsSync(told) && Number(readFileSync(told, 'utf8')));
  process.kill(pid, 'SIGTERM');
  expect(lives(pid)).toBe(true);
  killed.kill('SIGKILL');
  await until('it has ended', () => !lives(pid));
});
