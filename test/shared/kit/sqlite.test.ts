import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

test('commits survive a power cut: WAL, synchronous = FULL, at the second opening too', async () => {
  const file = join(await tempFolder(), 'new', 'books.sqlite');
  for (let time = 0; time < 2; time++) {
    const database = openDatabase(file);
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.pragma('synchronous', { simple: true })).toBe(2);
    database.close();
  }
});

test('a new database is opened by several at the same moment', async () => {
  const folder = await tempFolder();
  const program = new URL('open-database.ts', import.meta.url);
  const workers = Array.from({ length: 4 }, () => new Worker(program));
  const answers: string[] = [];
  for (let round = 0; round < 40; round++) {
    const answered = workers.map((worker) => once(worker, 'message'));
    for (const worker of workers) worker.postMessage(join(folder, `${round}.sqlite`));
    answers.push(...(await Promise.all(answered)).flat());
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  expect(new Set(answers)).toEqual(new Set(['open']));
});
