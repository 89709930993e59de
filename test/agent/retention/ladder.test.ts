import { createHash } from 'node:crypto';
import { existsSync, statfsSync, statSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { site } from './site.ts';

const held = async (root: string, tree = 'result') => (await readdir(join(root, tree, '20261101'))).sort();
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

describe('the disk-full ladder, on a real disk of 8 MB', () => {
  test('while the destinations are down nothing goes: processing stops, then captures are skipped and counted', async () => {
    const { take, ladder, root, events } = await site();
    for (const name of NAMES.slice(0, 5)) await take(name, 1_050_000);
    await ladder.look();
    expect(ladder.condition('garden')?.rung).toBe('clean');
    expect(ladder.mayProcess('garden')).toEqual({ ok: true });

    for (const name of NAMES.slice(5)) await take(name, 1_050_000);
    await ladder.look();
    expect(ladder.condition('garden')?.rung).toBe('stop-processing');
    expect(ladder.mayProcess('garden')).toMatchObject({ ok: false });
    expect(ladder.mayCapture('garden')).toEqual({ ok: true });

    await take('h', 400_000);
    await ladder.look();
    expect(ladder.condition('garden')?.rung).toBe('skip-captures');
    const answer = ladder.mayCapture('garden');
    expect(answer).toMatchObject({ ok: false });
    expect('reason' in answer && answer.reason).toMatch(
      /^the disk is full \(\d+ of \d+ bytes are free\): captures are skipped/,
    );
    ladder.mayCapture('garden');
    expect(ladder.skipped()).toBe(2);
    expect(await held(root)).toEqual([...NAMES, 'h'].map((name) => `${name}.jpg`));
    expect(events('removed')).toEqual([]);
    expect(events('disk-low')).toMatchObject([
      { rung: 'clean' },
      { rung: 'stop-processing' },
      { rung: 'skip-captures' },
    ]);
  });

  test('what is proved goes, the oldest first and no more than is needed; the rest stays', async () => {
    const { take, prove, ladder, root, assets, events } = await site();
    for (const name of NAMES.slice(2)) await take(name, 1_050_000);
    prove();
    for (const name of ['x', 'y']) await take(name, 1_050_000, { at: 1000 });
    await ladder.look();
    expect(ladder.condition('garden')?.rung).toBe('room');
    // Half of the disk must be free, so four of seven go. The two oldest are not proved.
    expect(await held(root)).toEqual(['g.jpg', 'x.jpg', 'y.jpg']);
    expect(await held(root, 'preserve')).toEqual(['g.jpg', 'x.jpg', 'y.jpg']);
    expect(events('removed').map((event) => event.type === 'removed' && event.entry.path)).toEqual(
      ['c', 'd', 'e', 'f'].map((name) => `20261101/${name}.jpg`),
    );
    expect(assets.held()).toEqual({ count: 3, bytes: 3_150_000 });
    expect(ladder.mayCapture('garden')).toEqual({ ok: true });
  });

  test('receipts of a size alone are no proof where the digest is asked for, and are where it is not', async () => {
    const strict = await site();
    for (const name of NAMES) await strict.take(name, 1_050_000);
    strict.prove(undefined, 'size');
    await strict.ladder.look();
    expect(await held(strict.root)).toHaveLength(7);

    const loose = await site({ disk: { proof: { level: 'size' } } });
    for (const name of NAMES) await loose.take(name, 1_050_000);
    loose.prove(undefined, 'size');
    await loose.ladder.look();
    expect(await held(loose.root)).toEqual(['e.jpg', 'f.jpg', 'g.jpg']);
  });

  test('what is proved by size alone is proved again, by the digest, where the destination is reached', async () => {
    const { take, prove, ladder, root, deliveries, clock } = await site({ reached: ['archive', 'mirror'] });
    for (const name of NAMES) await take(name, 1_050_000);
    prove(undefined, 'size');
    await ladder.look();
    expect(await held(root)).toHaveLength(7);
    expect(deliveries.backlog('garden', 'archive').count).toBe(7);
    clock.advance(600_000);
    await ladder.look();
    expect(deliveries.backlog('garden', 'archive').count).toBe(7);
    prove();
    await ladder.look();
    expect(await held(root)).toEqual(['e.jpg', 'f.jpg', 'g.jpg']);
  });

  test('derivatives go before originals, however young they are', async () => {
    const { take, prove, ladder, root, purges, assets } = await site();
    for (const name of NAMES.slice(0, 4)) await take(name, 1_050_000);
    await take('made', 1_500_000, { original: 'the original, which stays' });
    const [row] = [...assets.all(100)].flat().filter(({ path }) => path === '20261101/made.jpg');
    purges.madeOf('garden', { sha256: row?.sha256 ?? '' }, { sha256: 'f'.repeat(64), size: 25 });
    prove();
    await ladder.look();
    expect(await held(root)).toEqual(['b.jpg', 'c.jpg', 'd.jpg']);
    expect(await held(root, 'preserve')).toEqual(['b.jpg', 'c.jpg', 'd.jpg', 'made.jpg']);
  });

  test('an original in preserve goes with its result only where the policy says so', async () => {
    for (const [preservedOriginals, left] of [
      ['own-proof', ['made.jpg']],
      ['with-result', []],
    ] as const) {
      const { take, prove, ladder, root, purges, assets, clock } = await site({ disk: { preservedOriginals } });
      await take('made', 1000, { original: 'o'.repeat(5_500_000) });
      const [row] = [...assets.all(100)].flat();
      const sha256 = createHash('sha256').update('o'.repeat(5_500_000)).digest('hex');
      purges.madeOf('garden', { sha256: row?.sha256 ?? '' }, { sha256, size: 5_500_000 });
      await ladder.look();
      expect(await held(root, 'preserve')).toEqual(['made.jpg']);
      prove();
      clock.advance(600_000);
      await ladder.look();
      expect(await held(root, 'preserve')).toEqual(left);
    }
  });

  test('inodes are room as well', async () => {
    const { take, prove, ladder, root } = await site({ options: 'size=100m,nr_inodes=70' });
    for (let i = 10; i < 32; i++) await take(`p${i}`, 10);
    prove();
    await ladder.look();
    expect(ladder.condition('garden')?.rung).toBe('room');
    const left = await held(root);
    expect(left.length).toBeLessThan(22);
    expect(left.length).toBeGreaterThan(3);
    expect(left.at(-1)).toBe('p31.jpg');
    expect(left[0]).toBe(`p${32 - left.length}.jpg`);
  });

  test('the reserve is made, given up on the last rung, and made again when there is room', async () => {
    const { take, prove, ladder, reserveFile, disk, root } = await site({ ledgerOnDisk: true, options: 'size=20m' });
    await ladder.look();
    expect(statSync(reserveFile).size).toBe(Math.floor((20 * 1024 * 1024) / 20));
    await take('a', 9_000_000);
    await take('b', 5_000_000);
    await writeFile(join(disk, 'other'), Buffer.alloc(Math.max(1, statfsFree(disk) - 500_000)));
    await ladder.look();
    expect(ladder.condition()?.rung).toBe('skip-captures');
    expect(existsSync(reserveFile)).toBe(false);
    expect(await held(root)).toEqual(['a.jpg', 'b.jpg']);
    prove();
    await writeFile(join(disk, 'other'), '');
    await ladder.look();
    expect(ladder.condition()?.rung).toBe('room');
    expect(existsSync(reserveFile)).toBe(true);
  });

  test('a cleaning that found nothing is not repeated at every look, and is as soon as something is proved', async () => {
    const { take, prove, ladder, root, clock } = await site();
    for (const name of NAMES) await take(name, 1_050_000);
    await ladder.look();
    expect(await held(root)).toHaveLength(7);
    prove(1);
    await ladder.look();
    expect(await held(root)).toHaveLength(6);
    clock.advance(1000);
    await ladder.look();
    expect(await held(root)).toHaveLength(6);
  });

  test('a file that was written to since it was delivered stays', async () => {
    const { take, prove, ladder, root } = await site();
    for (const name of NAMES) await take(name, 1_050_000);
    prove();
    await writeFile(join(root, 'result/20261101/a.jpg'), Buffer.alloc(1_000_001, 'changed'));
    await ladder.look();
    expect(await held(root)).toContain('a.jpg');
    expect(ladder.condition('garden')?.rung).toBe('room');
  });
});

function statfsFree(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
