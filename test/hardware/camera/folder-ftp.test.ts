import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFolderCamera } from '@vigie/hardware/camera/folder';
import { systemClock } from '@vigie/shared/kit/clock';
import { expect, onTestFinished, test } from 'vitest';
import { captureRequest } from '../../support/capture-request.ts';
import { jpegPicture } from '../../support/picture.ts';
import { tempFolder } from '../../support/temp.ts';

const WAIT_MS = 100;

test.each([
  ['slowly, with pauses longer than the wait time', []],
  ['with a connection that breaks, and then anew', ['break']],
])('a real FTP server, and a camera that uploads %s: the picture is taken once, and whole', async (_, how) => {
  const base = await tempFolder();
  const [path, file] = [join(base, 'ftp'), join(base, 'picture.jpg')];
  await mkdir(path);
  const picture = await jpegPicture();
  await writeFile(file, picture);
  const script = join(import.meta.dirname, '../../support/ftp-upload.py');
  const upload = spawn('/usr/bin/python3', [script, path, file, 'cam_20260503142530.jpg', '4', '0.3', ...how], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void upload.kill('SIGKILL'));
  let said = '';
  upload.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => upload.stdout.once('data', () => resolve()).once('close', resolve));

  await using camera = createFolderCamera({
    ...{ path, take: 'move', waitTimeMs: WAIT_MS, lookEveryMs: 50, depth: 0, extensions: ['jpg'], timeFrom: ['name'] },
    ...{ filesMax: 5, timeLimitMs: 20_000, keepFolder: join(base, 'copies'), exifTime: async () => undefined },
    taken: { has: () => false, add: () => undefined, forget: () => undefined, retain: () => undefined },
    clock: systemClock,
  });
  let looks = 0;
  for (let isDone = false; !isDone; looks++) {
    // Asked for all the time; nothing is there until the server has all of it.
    const isWaiting = await camera.drops?.waiting();
    if (isWaiting) expect(said).toBe('done\n');
    isDone = await Promise.race([ended.then(() => true), systemClock.sleep(30).then(() => false)]);
  }
  expect(said).toBe('done\n');
  expect(looks).toBeGreaterThan(10);
  const files = await camera.capture(await captureRequest());
  expect(files).toMatchObject([{ takenAt: Date.UTC(2026, 4, 3, 12, 25, 30) }]);
  expect(await readFile(files[0]?.path as string)).toEqual(picture);
  await expect(camera.capture(await captureRequest())).rejects.toMatchObject({ code: 'camera-absent' });
});
