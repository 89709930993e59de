import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCapturer } from '@vigie/agent/capture/capturer';
import { createDeliverer } from '@vigie/agent/deliver/deliverer';
import { createAssets } from '@vigie/agent/store/assets';
import { createCaptures } from '@vigie/agent/store/captures';
import { createDeliveries } from '@vigie/agent/store/deliveries';
import { openLedger } from '@vigie/agent/store/ledger';
import { createOutbox } from '@vigie/agent/store/outbox';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import type { Operation } from '@vigie/agent/watched-folder/operation';
import { createWatchedFolder } from '@vigie/agent/watched-folder/watched-folder';
import type { Camera } from '@vigie/hardware/camera/camera';
import { systemClock as clock } from '@vigie/shared/kit/clock';
import { silentLog as log } from '@vigie/shared/kit/log';
import { openRemote } from '@vigie/shared/remote/open';

/**
 * Takes "pictures" on a disk whose power is about to fail: captures them into a watched folder, files them in the ledger and
 * delivers them to a directory, all on that disk. What it has acknowledged it prints, a line each, once the call has returned:
 * `submitted`, `filed` and `verified`, with name or path and SHA-256.
 */
const disk = process.argv[2] as string;
const say = (...words: string[]) => process.stdout.write(`${words.join(' ')}\n`);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const operation: Operation = async ({ file, name, capturedAt }) => {
  const bytes = await readFile(file);
  const { size } = await stat(file);
  const digest = sha256(bytes);
  return {
    sound: { ok: true },
    original: { size, sha256: digest, kind: 'jpg' },
    results: [{ file, name, size, sha256: digest }],
    capturedAt,
    preview: null,
  };
};

const folder = join(disk, 'garden');
mkdirSync(join(disk, 'archive'), { recursive: true });
const ledger = openLedger(join(disk, 'ledger'));
const outbox = createOutbox(ledger, clock, () => undefined);
const deliveries = createDeliveries({ ledger, outbox, clock, destinationsOf: () => ['archive'] });
const proved: { path: string; sha256: string }[] = [];
const deliverer = createDeliverer({
  destination: 'archive',
  remote: openRemote({ name: 'archive', type: 'directory', root: join(disk, 'archive'), folder: '.' }, '', {
    stallMs: 5_000,
  }),
  deliveries: {
    ...deliveries,
    verified(claimed, destination, receipt) {
      deliveries.verified(claimed, destination, receipt);
      proved.push(claimed);
    },
    // Said when it is on disk, and not before.
    together(work) {
      const outcome = deliveries.together(work);
      for (const { path, sha256 } of proved.splice(0)) say('verified', path, sha256);
      return outcome;
    },
  },
  locate: (row) => join(folder, row.tree, row.path),
  address: (row) => row.path,
  lost: () => false,
  changed: () => undefined,
  workers: 1,
  proof: 'size',
  backoff: { baseMs: 50, capMs: 500 },
  clock,
  random: Math.random,
  log,
});
const assets = createAssets({
  ledger,
  source: 'garden',
  outbox,
  deliveries,
  clock,
  filed(row) {
    say('filed', row.path, row.sha256);
    deliverer.wake();
  },
});
const watched = createWatchedFolder({
  name: 'garden',
  folder,
  settings: watchedFolderConfig.parse({
    include: '*',
    interval: '50ms',
    waitTime: '0ms',
    settleTime: '0ms',
    batchSize: 64,
  }),
  zone: 'UTC',
  operation,
  books: assets.books,
  clock,
  random: Math.random,
  log,
});

let last = '';
const camera: Camera = {
  description: 'text',
  // Under the same name each time, as some cameras do: what an earlier life has left under it must not be written into.
  async capture({ folder: at, sequence }) {
    const bytes = Buffer.from(`picture ${sequence} of ${ledger.session} `.repeat(400 + (sequence % 50)));
    await writeFile(join(at, 'picture'), bytes);
    last = sha256(bytes);
    return [{ path: join(at, 'picture'), extension: 'jpg' }];
  },
  async [Symbol.asyncDispose]() {},
};
const capturer = createCapturer({
  source: 'garden',
  camera,
  schedule: undefined,
  zone: 'UTC',
  captures: createCaptures(ledger, 'garden', outbox, clock),
  ready: () => watched.open(),
  submit: watched.submit,
  workFolder: join(folder, '.capture'),
  nextNumber: assets.nextCapture,
  changed: () => undefined,
  clock,
  log,
});

const never = new AbortController().signal;
await capturer.recover();
const running = [watched.run(never), deliverer.run(never)];
say('ready');
for (let n = 0; n < 10_000; n++) {
  const [name] = await capturer.capture(clock.now());
  say('submitted', name as string, last);
}
await Promise.all(running);
