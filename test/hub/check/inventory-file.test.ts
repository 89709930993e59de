import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { nameOf } from '@vigie/shared/kit/names';
import type { Entry } from '@vigie/shared/protocol/asset';
import { describe, expect, it } from 'vitest';
import { INVENTORY_HEADER, inventoryEnd, inventoryLine, readInventory } from '../../../hub/src/check/inventory-file.ts';
import { entriesTo } from '../../../hub/src/report/side-sink.ts';
import { tempFolder } from '../../support/temp.ts';

const ENTRIES: Entry[] = [
  { path: 'a.jpg', size: 3, sha256: 'a'.repeat(64), modifiedAt: 1_700_000_000_000 },
  { path: 'new\nline "quoted" é\u{1f600}.jpg', size: 0 },
  { path: nameOf(Buffer.from('66ff', 'hex')), size: 2 ** 40, unreadable: 'torn' },
];
const text = (entries: Entry[]) =>
  INVENTORY_HEADER + entries.map(inventoryLine).join('') + inventoryEnd(entries.length);

async function read(name: string, content: string | Buffer): Promise<Entry[]> {
  const file = `${await tempFolder()}/${name}`;
  await writeFile(file, content);
  const entries: Entry[] = [];
  await readInventory(
    file,
    entriesTo((entry) => void entries.push(entry)),
  );
  return entries;
}

describe('a saved inventory', () => {
  it('comes back as it was written, in every form', async () => {
    expect(await read('a.ndjson', text(ENTRIES))).toEqual(ENTRIES);
    expect(await read('a.ndjson.gz', gzipSync(text(ENTRIES)))).toEqual(ENTRIES);
    expect(await read('a.ndjson', text([]))).toEqual([]);
    const document = JSON.stringify({ vigie: 'inventory', version: 1, entries: ENTRIES }, null, 2);
    expect(await read('a.json', document)).toEqual(ENTRIES);
    expect(await read('a.json.gz', gzipSync(document))).toEqual(ENTRIES);
  });

  it('does not depend on where the reads of a large file fall', async () => {
    const many = Array.from(
      { length: 12_000 },
      (_, at): Entry => ({ path: `é${'ü'.repeat(at % 90)}/${at}`, size: at }),
    );
    expect(await read('a.ndjson', text(many))).toEqual(many);
  });

  const two = text([
    { path: 'a.jpg', size: 3 },
    { path: 'b.jpg', size: 3 },
  ]);
  it.each([
    ['cut after a line', two.split('\n').slice(0, 2).join('\n'), 'cut short after line 2'],
    ['cut inside a line', two.slice(0, -15), 'not JSON'],
    ['without one entry', two.replace(/\n.*"a\.jpg".*\n/, '\n'), '2 entries were written, 1 are here'],
    ['of a later version', two.replace('"version":1', '"version":2'), 'version 2 is not known'],
    ['without its first line', two.slice(two.indexOf('\n') + 1), 'not an inventory'],
    ['empty', '', 'the file is empty'],
    ['with a wrong size', two.replace('"size":3', '"size":-3'), 'line 2: size'],
    ['with a path of another type', two.replace('"a.jpg"', '[]'), 'line 2: path'],
    ['with a path that is no text', two.replace('a.jpg', '\\ud800'), 'not well-formed'],
    ['with bytes that are not UTF-8', Buffer.from(two.replace('a.jpg', 'é'), 'latin1'), 'not valid'],
    ['with null for an entry', two.replace('{"path":"a.jpg","size":3}', 'null'), 'line 2'],
    ['with more after the end', `${two}{"path":"z","size":1}\n`, 'something follows the end'],
    ['with a line without end', `${INVENTORY_HEADER}${'x'.repeat(400_000)}`, 'longer than'],
  ])('is refused when damaged: %s', async (_, content, words) => {
    await expect(read('side.ndjson', content)).rejects.toMatchObject({
      code: 'inventory',
      message: expect.stringMatching(new RegExp(`side\\.ndjson.*${words}`)),
    });
  });

  it('is refused when its gzip is torn, or is none', async () => {
    const whole = gzipSync(text(ENTRIES));
    await expect(read('a.ndjson.gz', whole.subarray(0, -9))).rejects.toMatchObject({ code: 'inventory' });
    await expect(read('a.ndjson.gz', text(ENTRIES))).rejects.toMatchObject({ code: 'inventory' });
  });
});
