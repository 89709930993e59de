import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import type { FileBooks } from './file-books.ts';
import { sha256, TORN } from './trivial-operation.ts';

/** Every regular file below a folder: path as text → its bytes. Logs of failures are left out. */
export async function filesBelow(folder: string, below = ''): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const here = bytesOf(below === '' ? folder : `${folder}/${below}`);
  for (const entry of await readdir(here, { withFileTypes: true, encoding: 'buffer' })) {
    const name = nameOf(entry.name);
    const path = below === '' ? name : `${below}/${name}`;
    if (entry.isDirectory()) for (const [at, bytes] of await filesBelow(folder, path)) files.set(at, bytes);
    else if (entry.isFile() && name !== 'failure.log') files.set(path, await readFile(bytesOf(`${folder}/${path}`)));
  }
  return files;
}

/**
 * What must hold when nothing is left to do: each dropped content exactly once in result or failure with the same bytes, each sound original
 * exactly once in preserve, nothing left in input and stage, and books that say what the disk says. Returns what is wrong.
 */
export async function violations(options: {
  root: string;
  books: FileBooks;
  dropped: readonly Buffer[];
  change?: (bytes: Buffer) => Buffer;
}): Promise<string[]> {
  const { root, books, dropped, change = (bytes: Buffer) => bytes } = options;
  const wrong: string[] = [];
  const tree = async (name: string) => filesBelow(join(root, name));
  const [result, failure, preserve] = [await tree('result'), await tree('failure'), await tree('preserve')];

  for (const name of ['input', 'stage']) {
    const left = await readdir(join(root, name));
    if (left.length > 0) wrong.push(`${name} is not empty: ${left.join(', ')}`);
  }
  const isTorn = (bytes: Buffer) => bytes.subarray(0, 4).toString() === TORN;
  const sound = dropped.filter((bytes) => !isTorn(bytes));
  compare('result', sound.map(change), result);
  compare('failure', dropped.filter(isTorn), failure);
  compare('preserve', sound, preserve);

  const onDisk = [
    ...[...result].map(([p, b]) => `result/${p} ${b.length} ${sha256(b)}`),
    ...[...failure].map(([p, b]) => `failure/${p} ${b.length} ${sha256(b)}`),
  ];
  const inBooks = books.held().map((h) => `${h.tree}/${h.path} ${h.size} ${h.sha256}`);
  difference('books', inBooks, 'disk', onDisk);
  if (books.open().length > 0) wrong.push(`jobs are open: ${books.open().join(', ')}`);
  return wrong;

  function compare(where: string, wanted: Buffer[], there: Map<string, Buffer>): void {
    difference(
      'dropped',
      wanted.map((b) => sha256(b)),
      where,
      [...there.values()].map((b) => sha256(b)),
    );
  }

  function difference(left: string, a: string[], right: string, b: string[]): void {
    const rest = [...b];
    for (const item of a) {
      const at = rest.indexOf(item);
      if (at < 0) wrong.push(`in ${left}, not in ${right}: ${item}`);
      else rest.splice(at, 1);
    }
    for (const item of rest) wrong.push(`in ${right}, not or less often in ${left}: ${item}`);
  }
}
