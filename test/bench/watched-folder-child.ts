/** A process that files whatever is dropped into a folder: `node watched-folder-child.ts FOLDER durable|quick ENDPOINTS`. */
import { join } from 'node:path';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import type { Operation, OperationJob } from '@vigie/agent/watched-folder/operation';
import { createWatchedFolder } from '@vigie/agent/watched-folder/watched-folder';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { createFileBooks } from '../agent/watched-folder/file-books.ts';

const [, , folder, how] = process.argv as [string, string, string, string];
const keep: Operation = Object.assign(
  async ({ file, name }: OperationJob) => ({ sound: { ok: true as const }, results: [{ file, name }] }),
  { makesNothing: true as const },
);
const engine = createWatchedFolder({
  name: 'bench',
  folder,
  zone: 'UTC',
  operation: keep,
  books: createFileBooks(how === 'durable' ? join(folder, 'books') : undefined),
  clock: systemClock,
  log: silentLog,
  random: Math.random,
  settings: watchedFolderConfig.parse({
    include: '*',
    result: '',
    preserve: null,
    waitTime: '0ms',
    settleTime: '0ms',
    interval: '250ms',
    batchSize: 10_000,
    concurrency: 16,
    durable: how === 'durable',
  }),
});
await engine.open();
process.stdout.write('open\n');
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
await engine.run(stop.signal);
await engine[Symbol.asyncDispose]();
