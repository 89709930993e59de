import { join } from 'node:path';
import { openEndpointBooks } from '@vigie/agent/store/endpoint-books';
import { createMemoryBooks } from '@vigie/agent/store/endpoint-books-memory';
import type { Intent } from '@vigie/agent/watched-folder/books';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const intent = (path: string, over: Partial<Intent> = {}): Intent => ({
  tree: 'result',
  path,
  size: 3,
  sha256: 'ab'.repeat(32),
  kind: 'jpg',
  capturedAt: 1,
  modifiedAt: 2,
  unreadable: undefined,
  preview: null,
  ...over,
});
/** The rows, as another connection reads them from the disk. */
function rowsIn(folder: string): number {
  const database = openDatabase(join(folder, 'endpoints.sqlite'));
  const { count } = database.prepare('select count(*) as count from intent').get() as { count: number };
  database.close();
  return count;
}

test('what was intended is on disk at once, and is there after a crash; a later call replaces it', async () => {
  const folder = await tempFolder();
  const before = openEndpointBooks(folder);
  before.of('/a').intend('job', [intent('x'), intent('y', { unreadable: 'torn', preview: Buffer.from('p') })]);
  before.of('/b').intend('job', [intent('z')]);
  before.of('/b').intend('job', [intent('other')]);
  expect(rowsIn(folder)).toBe(2);
  // It is not closed: the process is killed here.
  using after = openEndpointBooks(folder);
  expect(after.of('/a').intended('job')).toEqual([intent('x'), intent('y', { unreadable: 'torn' })]);
  expect(
    after
      .of('/b')
      .intended('job')
      .map(({ path }) => path),
  ).toEqual(['other']);
  expect(after.of('/c').intended('job')).toEqual([]);
  before[Symbol.dispose]();
});

test('a closed job is forgotten: at once for its folder, and on disk with the next one', async () => {
  const folder = await tempFolder();
  const books = openEndpointBooks(folder);
  const own = books.of('/a');
  for (let job = 0; job < 20; job++) {
    own.intend(`job-${job}`, [intent('x')]);
    own.filed(`job-${job}`);
    own.closed(`job-${job}`);
    expect(own.intended(`job-${job}`)).toEqual([]);
    expect(rowsIn(folder)).toBe(1);
  }
  books[Symbol.dispose]();
  expect(rowsIn(folder)).toBe(0);
});

test('that files had their places is known while the job is open; after a crash too where they left the folder', async () => {
  const folder = await tempFolder();
  const before = openEndpointBooks(folder);
  for (const [job, path] of [
    ['own', 'x'],
    ['abroad', '/next/input/x'],
  ] as const) {
    before.of('/a').intend(job, [intent(path)]);
    expect(before.of('/a').isFiled(job)).toBe(false);
    before.of('/a').filed(job);
    expect(before.of('/a').isFiled(job)).toBe(true);
    expect(before.of('/b').isFiled(job)).toBe(false);
  }
  using after = openEndpointBooks(folder);
  expect(['own', 'abroad'].map((job) => after.of('/a').isFiled(job))).toEqual([false, true]);
  after.of('/a').intend('abroad', [intent('/next/input/y')]);
  expect(after.of('/a').isFiled('abroad')).toBe(false);
  before[Symbol.dispose]();
});

test('what a crash left of jobs that are no more is swept; what is intended meanwhile stays', async () => {
  using books = openEndpointBooks(await tempFolder());
  const own = books.of('/a');
  for (const job of ['gone', 'staged']) own.intend(job, [intent(job)]);
  books.of('/b').intend('gone', [intent('b')]);
  await books.sweep('/a', async () => {
    own.intend('new', [intent('new')]);
    return ['staged'];
  });
  expect(['gone', 'staged', 'new'].map((job) => own.intended(job).length)).toEqual([0, 1, 1]);
  expect(books.of('/b').intended('gone')).toHaveLength(1);
});

test('a folder that was in use is remembered over starts', async () => {
  const folder = await tempFolder();
  using(openEndpointBooks(folder), (books) => {
    expect(books.known('/a')).toBe(false);
    books.remember('/a');
    books.remember('/a');
  });
  using(openEndpointBooks(folder), (books) => expect([books.known('/a'), books.known('/b')]).toEqual([true, false]));
});

function using<T extends Disposable>(thing: T, act: (thing: T) => void): void {
  using held = thing;
  act(held);
}

test('books of a newer release are left alone', async () => {
  const folder = await tempFolder();
  openEndpointBooks(folder)[Symbol.dispose]();
  const database = openDatabase(join(folder, 'endpoints.sqlite'));
  database.pragma('user_version = 99');
  database.close();
  expect(() => openEndpointBooks(folder)).toThrow('its version is 99, must be 1 or less');
});

test('books in memory keep and forget the same', () => {
  const books = createMemoryBooks();
  books.intend('job', [intent('x')]);
  expect(books.intended('job')).toEqual([intent('x')]);
  books.closed('job');
  expect(books.intended('job')).toEqual([]);
});
