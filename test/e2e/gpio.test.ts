import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bootGuest, type Guest } from '../support/gpio-guest/guest.ts';
import { fillShare } from '../support/gpio-guest/share.ts';
import { requireTools } from '../support/gpio-guest/tools.ts';
import { jpegPicture } from '../support/picture.ts';
import { tempFolder, until } from '../support/temp.ts';

/**
 * The built agent, as a Raspberry Pi runs it, in an arm64 guest with real GPIO lines: the test presses its button and watches its relay
 * from outside. The camera is a program with the arguments of rpicam-still, which has an address and hangs when it is told to.
 */
const [BUTTON, RELAY, LIGHT] = [0, 5, 6] as const;
/** As long as a finger holds a button. */
const HELD_MS = 200;
const ROOT = join(import.meta.dirname, '../..');

const AGENT = `
device: guest
dataFolder: /tmp/agent
sources:
  - name: garden
    camera: { type: rpicam-still, command: /host/camera/rpicam-still, settle: 0s, timeLimit: 5s }
    watchedFolder: { interval: 1s, waitTime: 0s }
    destinations: [archive]
    recovery: { retries: 0, redetect: { allowed: false } }
destinations:
  - { name: archive, type: directory, root: /host/archive, folder: '{source}' }
gpio:
  boardFile: board.yaml
  inputs:
    - { name: door, type: button, line: BUTTON, source: garden, debounce: 50ms, pause: 3s }
power:
  relays:
    - { name: camera, line: pin 6, sources: [garden], contactAtRest: open, off: 1s, start: 1s, atEnd: off }
  led: { line: LIGHT }
  vcgencmd: /host/vcgencmd
`;

/** The camera answers at one address at a time; while its bus is empty there is none. */
const CAMERA = `#!/bin/sh
[ -e /host/camera/hangs ] && exec sleep 1000
for address in /host/camera/bus/*; do
  [ -e "$address" ] || break
  echo "INFO: Registered camera /base/soc/imx708@$(basename "$address") to Unicam" >&2
  cat "$address" > picture.jpg
  echo "$address" >> /host/camera/taken
  exit
done
echo "ERROR: *** no cameras available ***" >&2
exit 255
`;

const START = `
echo READY
node --max-semi-space-size=1 /host/agent/dist/main.js run --config /host/agent.yaml &
agent=$!
while [ ! -e /host/stop ] && kill -0 $agent; do sleep 0.2; done
kill -TERM $agent
wait $agent
code=$?
busybox cp -r /tmp/agent/sensors /host/
exit $code
`;

test('a button takes a picture; a camera that hangs loses its power for a moment, comes back elsewhere and takes the next', async () => {
  const share = await tempFolder();
  await buildAgent();
  const parts = ['agent/dist', 'agent/src', 'agent/drizzle', 'agent/assets', 'agent/package.json'];
  const below = ['shared/src', 'shared/package.json', 'hardware/src', 'hardware/boards', 'hardware/package.json'];
  await fillShare(share, [...parts, ...below], START);
  for (const folder of ['archive', 'camera/bus']) await mkdir(join(share, folder), { recursive: true });
  const board = join(ROOT, 'test/support/gpio-guest/board.yaml');
  await writeFile(join(share, 'board.yaml'), await readFile(board));
  await writeFile(join(share, 'agent.yaml'), AGENT);
  await writeFile(join(share, 'camera/rpicam-still'), CAMERA, { mode: 0o755 });
  await writeFile(join(share, 'vcgencmd'), '#!/bin/sh\necho throttled=0x50000\n', { mode: 0o755 });
  const pictures = [await jpegPicture({ width: 64, height: 48 }), await jpegPicture({ width: 48, height: 64 })];
  const address = (number: string) => join(share, 'camera/bus', number);
  await writeFile(address('10'), pictures[0] as Buffer);

  await using guest = await bootGuest({ share, timeLimitMs: 240_000 });
  // Nobody presses: a button to ground rests high.
  await guest.drive(BUTTON, 1);
  await guest.nextChange(RELAY, 1, 120_000);
  await guest.nextPrinted(/the agent runs/, 60_000);
  expect(await readdir(join(share, 'archive'))).toEqual([]);

  await press(guest);
  await until('the camera has taken a picture', () => existsSync(join(share, 'camera/taken')), 60_000);

  // The camera hangs: its time limit, and then its power. The relay is seen from outside.
  guest.forgetChanges(RELAY);
  await writeFile(join(share, 'camera/hangs'), '');
  await press(guest);
  const { atMs: offAt } = await guest.nextChange(RELAY, 0, 60_000);
  await rm(address('10'));
  await rm(join(share, 'camera/hangs'));
  const { atMs: onAt } = await guest.nextChange(RELAY, 1);
  await writeFile(address('11'), pictures[1] as Buffer);
  expect(onAt - offAt).toBeGreaterThan(500);
  expect(onAt - offAt).toBeLessThan(10_000);
  expect(await delivered(share, 2)).toEqual(pictures);
  expect(await readFile(join(share, 'camera/taken'), 'utf8')).toBe('/host/camera/bus/10\n/host/camera/bus/11\n');

  // At the end everything is as it is to be left.
  await writeFile(join(share, 'stop'), '');
  await guest.nextChange(RELAY, 0);
  expect(await guest.exit).toEqual({ code: 0 });
  const lines = await Promise.all(
    (await readdir(join(share, 'sensors/garden'))).map((name) => readFile(join(share, 'sensors/garden', name), 'utf8')),
  );
  const beside = lines
    .join('')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as { file: string; power: string[] });
  const flags = ['under-voltage-since-boot', 'throttled-since-boot'];
  expect(beside).toMatchObject([{ power: flags }, { power: flags }]);
  const lastOf = (line: number) => guest.entries.findLast((entry) => 'line' in entry && entry.line === line);
  expect(lastOf(LIGHT)).toMatchObject({ level: 0 });
  expect(lastOf(RELAY)).toMatchObject({ level: 0 });
}, 300_000);

test('a machine without QEMU is told so, and what to install', async () => {
  const path = await tempFolder();
  await expect(requireTools(path)).rejects.toThrow(/qemu-system-arm.*apt-get install/);
});

/** Presses until a picture is asked for: while one is being taken, a press does nothing. */
async function press(guest: Guest): Promise<void> {
  const asked = guest.nextPrinted(/an input triggers a capture/, 60_000);
  let isAsked = false;
  asked.then(
    () => {
      isAsked = true;
    },
    // The caller is told.
    () => undefined,
  );
  await until(
    'the button asks for a picture',
    async () => {
      for (const level of [0, 1] as const) {
        await guest.drive(BUTTON, level);
        await Promise.race([asked, sleep(HELD_MS)]);
      }
      return isAsked;
    },
    60_000,
  );
  await asked;
}

/** The pictures at the destination, in the order of their names, when there are so many. */
async function delivered(share: string, count: number): Promise<Buffer[]> {
  const root = join(share, 'archive');
  const files = await until(
    `${count} pictures are delivered`,
    async () => {
      const names = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.jpg')).sort();
      return names.length >= count && names;
    },
    60_000,
  );
  return Promise.all(files.map((name) => readFile(join(root, name))));
}

/** The agent as set-up builds it, of the sources as they are. */
async function buildAgent(): Promise<void> {
  const step = await import(join(ROOT, 'scripts/set-up/agent.mjs'));
  step.buildAgent();
}
