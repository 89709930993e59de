import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Entry } from '@vigie/shared/protocol/asset';
import { expect, test } from 'vitest';
import { INVENTORY_HEADER, inventoryEnd, inventoryLine } from '../../../hub/src/check/inventory-file.ts';
import { createComparison } from '../../../hub/src/report/compare.ts';
import { fiveRows } from '../../../hub/src/report/five-rows.ts';
import { tempFolder } from '../../support/temp.ts';
import { vigieHub } from '../check/run.ts';

/**
 * An archive in the layout of Webcampak 3.0, every five minutes from its first day on: `YYYYMMDD/YYYYMMDDHHMMSS.jpg`, and beside every
 * `rawEvery`-th of them `raw/YYYYMMDD/YYYYMMDDHHMMSS.raw`. Sizes are even, and sum up to `bytes`.
 */
function archive(files: { from: number; count: number; rawEvery: number; bytes: number }): Entry[] {
  const paths: string[] = [];
  for (let n = files.from; paths.length < files.count; n++) {
    const name = new Date(Date.UTC(2015, 0, 1, 0, 5 * n)).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
    paths.push(`${name.slice(0, 8)}/${name}.jpg`);
    if (n % files.rawEvery === 0 && paths.length < files.count) paths.push(`raw/${name.slice(0, 8)}/${name}.raw`);
  }
  const size = Math.floor(files.bytes / files.count);
  const rest = files.bytes - size * files.count;
  return paths.map((path, i) => ({ path, size: size + (i < rest ? 1 : 0) }));
}

/** Saves entries as an inventory that the command line reads. */
async function saved(file: string, entries: Entry[]): Promise<string> {
  await writeFile(file, INVENTORY_HEADER + entries.map(inventoryLine).join('') + inventoryEnd(entries.length));
  return file;
}

test("the five rows of an archive of Webcampak's users: 19,681 files at the source, 41,980 at the destination", async () => {
  const source = archive({ from: 0, count: 19_681, rawEvery: 3, bytes: 82_900_000_000 });
  const older = archive({ from: 200_000, count: 22_299, rawEvery: 4, bytes: 118_500_000_000 });
  const comparison = createComparison();
  for (const entry of source) comparison.left(entry);
  for (const entry of [...older, ...source]) comparison.right(entry);
  const rows = fiveRows(comparison.finish().figures);

  const split = (entries: Entry[]) => {
    const of = (part: Entry[]) => ({ count: part.length, bytes: part.reduce((sum, { size }) => sum + size, 0) });
    const raw = entries.filter(({ path }) => path.startsWith('raw/'));
    const jpg = entries.filter(({ path }) => !path.startsWith('raw/'));
    return { ...of(entries), byKind: { jpg: of(jpg), raw: of(raw), other: of([]) } };
  };
  expect(rows).toEqual({
    source: split(source),
    destination: split([...source, ...older]),
    intersection: split(source),
    missingInSource: split(older),
    missingInDestination: split([]),
  });
  expect(rows.source).toMatchObject({ count: 19_681, bytes: 82_900_000_000 });
  expect(rows.destination).toMatchObject({ count: 41_980, bytes: 201_400_000_000 });
  expect(rows.missingInSource).toMatchObject({ count: 22_299, bytes: 118_500_000_000 });
  expect(rows.source.byKind.raw.count).toBeGreaterThan(4_000);

  // The same by the command line, from saved inventories.
  const folder = await tempFolder();
  const sides = [
    await saved(join(folder, 'source.ndjson'), source),
    await saved(join(folder, 'destination.ndjson'), [...older, ...source]),
  ];
  const ended = await vigieHub(['check', '--format', 'json', ...sides]);
  expect(ended).toMatchObject({ code: 1, stderr: '' });
  expect(JSON.parse(ended.stdout).fiveRows).toEqual(rows);
  const { stdout } = await vigieHub(['check', ...sides]);
  expect(stdout).toContain(
    'As Webcampak counts: intersection 19,681 files, missing in source 22,299, missing in destination 0.',
  );
});
