/** A process that runs the engine on a real folder until it is killed: `node watched-folder-child.ts FOLDER BOOKS`. */
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { createWatchedFolder } from '@vigie/agent/watched-folder/watched-folder';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { createFileBooks } from '../agent/watched-folder/file-books.ts';
import { createOperation } from '../agent/watched-folder/trivial-operation.ts';

const [, , folder, books] = process.argv as [string, string, string, string];
const engine = createWatchedFolder({
  name: 'yard',
  folder,
  zone: 'UTC',
  operation: createOperation(),
  books: createFileBooks(books),
  clock: systemClock,
  log: silentLog,
  random: Math.random,
  settings: watchedFolderConfig.parse({
    include: '*',
    result: '%E/all.%E',
    preserve: '',
    failure: '',
    waitTime: '0ms',
    settleTime: '50ms',
    interval: '50ms',
    concurrency: 2,
  }),
});
await engine.open();
process.stdout.write('open\n');
await engine.run(new AbortController().signal);
