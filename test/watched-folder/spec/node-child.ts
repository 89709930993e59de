import { watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { createWatchedFolder } from '@vigie/agent/watched-folder/watched-folder';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { createFileBooks } from '../../agent/watched-folder/file-books.ts';

/** One engine of a shared folder, in a process of its own, whose operation never ends: it is there to be killed. */
const [folder, asynchronous] = process.argv.slice(2) as [string, string];
const engine = createWatchedFolder({
  name: 'yard',
  folder,
  zone: 'UTC',
  operation: ({ name }) => {
    console.log(name);
    return new Promise(() => undefined);
  },
  books: createFileBooks(),
  clock: systemClock,
  log: silentLog,
  random: Math.random,
  settings: watchedFolderConfig.parse({
    profile: 'aem',
    result: '',
    preserve: '',
    failure: '',
    shared: true,
    durable: false,
    batchSize: 2,
    settleTime: '0s',
    interval: '50ms',
    asynchronous: asynchronous === 'asynchronous',
  }),
});
await engine.run(new AbortController().signal);
