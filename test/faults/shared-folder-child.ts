/** One of several processes that work in one folder until they are killed: `node shared-folder-child.ts FOLDER BOOKS`. */
import { openEndpointBooks } from '@vigie/agent/store/endpoint-books';
import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { createWatchedFolder } from '@vigie/agent/watched-folder/watched-folder';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { createOperation } from '../agent/watched-folder/trivial-operation.ts';

const [, , folder, books] = process.argv as [string, string, string, string];
const engine = createWatchedFolder({
  name: 'yard',
  folder,
  zone: 'UTC',
  operation: createOperation(),
  books: openEndpointBooks(books).of(folder),
  clock: systemClock,
  log: silentLog,
  random: Math.random,
  ended: ({ end, name }) => process.stdout.write(`${end} ${name}\n`),
  settings: watchedFolderConfig.parse({
    include: '*',
    result: '',
    preserve: null,
    failure: '',
    waitTime: '0ms',
    settleTime: '0ms',
    interval: '1s',
    batchSize: 50,
    throttling: false,
    shared: true,
  }),
});
await engine.run(new AbortController().signal);
