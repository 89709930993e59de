import { statfsSync } from 'node:fs';
import { appendFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeliverer } from '@vigie/agent/deliver/deliverer';
import { whileRoomComes } from '@vigie/agent/health/full-ledger';
import { createReserve, openWithReserve } from '@vigie/agent/retention/reserve';
import { openLedger } from '@vigie/agent/store/ledger';
import { isLedgerFull } from '@vigie/agent/store/ledger-full';
import { systemClock } from '@vigie/shared/kit/clock';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { tempFolder, until } from '../../support/temp.ts';

const hurried = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 20), signal),
};

/** A disk of 4 MB with a ledger, which `fill` leaves without a free block and `empty` gives room again. */
async function cramped() {
  const folder = await tempFolder();
  const disk = join(folder, 'disk');
  smallDisk(disk, 'size=4m');
  const other = join(disk, 'other');
  return {
    folder: disk,
    async fill() {
      const { bavail, bsize } = statfsSync(disk);
      // The ledger may have taken some of it meanwhile: then the disk is full all the same.
      await appendFile(other, Buffer.alloc(bavail * bsize)).catch((error: unknown) => {
        if (!isSystemError(error, 'ENOSPC')) throw error;
      });
    },
    empty: () => truncate(other, 0),
  };
}

/** Files pictures until the ledger has no room; returns how many it took. */
function fileUntilFull(file: (path: string) => string): number {
  for (let count = 0; ; count++) {
    try {
      file(`20261101/${count}.jpg`);
    } catch (error) {
      if (!isLedgerFull(error)) throw error;
      return count;
    }
  }
}

test('a transaction for which there is no room is rolled back whole, and the next one goes through when there is some', async () => {
  const { folder, fill, empty } = await cramped();
  const { assets, outbox, ledger, file } = await testLedger(folder);
  await fill();
  const count = fileUntilFull(file);
  expect(() => outbox.add({ type: 'disk-low', freeBytes: 0 })).toThrow('full');
  expect(assets.held().count).toBe(count);
  expect(outbox.size()).toBe(count);
  await empty();
  outbox.add({ type: 'disk-low', freeBytes: 1 });
  file('20261102/a.jpg');
  expect(assets.held().count).toBe(count + 1);
  expect(outbox.after(0, 100_000).map(({ seq }) => seq)).toEqual(Array.from({ length: count + 2 }, (_, i) => i + 1));
  expect(ledger.sqlite.pragma('integrity_check', { simple: true })).toBe('ok');
});

test('deliveries go on when there is room again, and none is left as under way', async () => {
  const { folder, fill, empty } = await cramped();
  const { deliveries, ledger, file } = await testLedger(folder);
  for (let i = 0; i < 20; i++) file(`20261101/${i}.jpg`);
  const complaints: string[] = [];
  const log = { ...silentLog, error: (_: unknown, text: string) => void complaints.push(text) };
  let sent = 0;
  const remote = {
    async store() {
      sent += 1;
      // The bytes are there, and the ledger has no room to say so.
      if (sent === 3) {
        await fill();
        const filler = ledger.sqlite.prepare("INSERT OR REPLACE INTO fact VALUES ('filler', ?)");
        try {
          for (let size = 1; ; size++) filler.run('x'.repeat(size * 4096));
        } catch (error) {
          if (!isLedgerFull(error)) throw error;
        }
      }
      return receiptOf('digest');
    },
    async [Symbol.asyncDispose]() {},
  } as unknown as RemoteFolder;
  const deliverer = createDeliverer({
    destination: 'archive',
    remote,
    deliveries,
    locate: () => '',
    address: ({ path }) => path,
    lost: () => false,
    changed: () => undefined,
    workers: 2,
    proof: 'size',
    backoff: { baseMs: 1, capMs: 2 },
    clock: hurried,
    random: () => 0,
    log: log as never,
  });
  const stop = new AbortController();
  const running = deliverer.run(stop.signal);
  await until('the ledger was full', () => complaints.length > 0);
  await empty();
  await until('everything is delivered', () => deliveries.verifiedAmount('garden', 'archive').count === 20);
  stop.abort();
  await running;
  expect(complaints[0]).toMatch(/^the ledger cannot be written: /);
});

test('a loop that the full ledger has ended begins again; any other error ends it', async () => {
  let runs = 0;
  const full = Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
  const options = { clock: hurried, log: silentLog, signal: new AbortController().signal };
  await whileRoomComes(async () => {
    runs += 1;
    if (runs < 3) throw new VigieError('internal', 'file a picture', { cause: full });
  }, options);
  expect(runs).toBe(3);
  await expect(whileRoomComes(() => Promise.reject(new Error('a mistake')), options)).rejects.toThrow('a mistake');
});

test('an agent that starts on a full disk opens its ledger with the room of the reserve', async () => {
  const { folder, fill, empty } = await cramped();
  openLedger(folder)[Symbol.dispose]();
  const reserve = createReserve(join(folder, 'reserve'));
  await reserve.make(1_000_000);
  await fill();
  const ledger = await openWithReserve(() => openLedger(folder), reserve);
  expect(ledger.session).toBe(2);
  ledger[Symbol.dispose]();

  await fill();
  await expect(openWithReserve(() => openLedger(folder), reserve)).rejects.toMatchObject({ code: 'disk-full' });
  await empty();
  const again = await openWithReserve(() => openLedger(folder), reserve);
  expect(again.session).toBe(3);
  again[Symbol.dispose]();
});

test('a disk without room for the reserve goes without', async () => {
  const { folder, fill } = await cramped();
  const reserve = createReserve(join(folder, 'reserve'));
  await fill();
  await reserve.make(1_000_000);
  expect(await reserve.release()).toBe(false);
});
