import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRemote, isRemoteType, patient } from '@vigie/agent/endpoints/network-disk';
import { createScanPool } from '@vigie/agent/endpoints/scan-pool';
import { localDisk } from '@vigie/agent/watched-folder/disk';
import { describe, expect, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';

/** A disk whose calls end when they are let go. */
function slowDisk() {
  const begun: (() => void)[] = [];
  return {
    begun,
    disk: { look: () => new Promise<void>((resolve) => void begun.push(resolve)), digest: async () => 'done' },
  };
}

describe('file systems behind a network', () => {
  test('are told by their type, also for a folder that is not there yet', async () => {
    expect([0x6969, 0xff534d42, -11317950, 0x65735546].map(isRemoteType)).toEqual([true, true, true, true]);
    expect([0xef53, 0x01021994, 0x9123683e].map(isRemoteType)).toEqual([false, false, false]);
    expect(await isRemote(join(await tempFolder(), 'not', 'there'))).toBe(false);
  });

  test('are looked at in threads, with the same outcome', async () => {
    const folder = await tempFolder();
    const names = Array.from({ length: 150 }, (_, index) => `${index}`);
    for (const name of names.slice(1)) writeFileSync(join(folder, name), name);
    const disk = patient({ ...localDisk, lookAll: () => Promise.reject(new Error('nobody looks at all at once')) });
    expect(await disk.lookAll(folder, names)).toEqual(await localDisk.lookAll(folder, names));
  });
});

describe('the scan pool', () => {
  test('B10: a disk that does not answer leaves the other endpoints their threads', async () => {
    const pool = createScanPool({ threads: 4 });
    const [slow, quick] = [slowDisk(), { look: async () => 'seen' }];
    const hanging = pool.join().share(slow.disk);
    const others = [pool.join(), pool.join()].map((line) => line.share(quick));
    const waiting = Array.from({ length: 64 }, () => hanging.look());
    await until('it holds what one may hold', () => slow.begun.length === 2);
    for (const other of others) {
      expect(await Promise.all(Array.from({ length: 100 }, () => other.look()))).toHaveLength(100);
    }
    expect(slow.begun).toHaveLength(2);
    expect(await hanging.digest()).toBe('done');
    while (slow.begun.length > 0) {
      slow.begun.shift()?.();
      await new Promise(setImmediate);
    }
    await Promise.all(waiting);
  });

  test('the lines take turns: a long one does not come before a short one', async () => {
    const pool = createScanPool({ threads: 2 });
    const order: string[] = [];
    const disk = (name: string) => ({ look: async () => void order.push(name) });
    const [long, short] = [pool.join().share(disk('long')), pool.join().share(disk('short'))];
    const all = [...Array.from({ length: 100 }, () => long.look()), short.look(), short.look()];
    await Promise.all(all);
    expect(order.lastIndexOf('short')).toBeLessThan(12);
    expect(order).toHaveLength(102);
  });

  test('an endpoint alone is not limited, and a line that leaves holds nothing up', async () => {
    const pool = createScanPool({ threads: 2 });
    const slow = slowDisk();
    const line = pool.join();
    const disk = line.share(slow.disk);
    const first = Array.from({ length: 10 }, () => disk.look());
    await until('all have begun', () => slow.begun.length === 10);
    const other = slowDisk();
    const second = pool.join();
    const waiting = Array.from({ length: 5 }, () => second.share(other.disk).look());
    line.leave();
    second.leave();
    await until('what was waiting has begun', () => other.begun.length === 5);
    for (const end of [...slow.begun, ...other.begun]) end();
    await Promise.all([...first, ...waiting]);
  });

  test('an error of the disk is passed on and frees its place', async () => {
    const pool = createScanPool({ threads: 2 });
    pool.join();
    const bad = pool.join().share({ look: async () => Promise.reject(new Error('broken')) });
    for (let call = 0; call < 10; call++) await expect(bad.look()).rejects.toThrow('broken');
  });
});
