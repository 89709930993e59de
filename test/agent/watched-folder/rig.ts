import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type WatchedFolderConfig, watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import { createWatchedFolder, type WatchedFolderOptions } from '@vigie/agent/watched-folder/watched-folder';
import { type Clock, systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { bytesOf } from '@vigie/shared/kit/names';
import { onTestFinished } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { createFileBooks } from './file-books.ts';
import { createOperation } from './trivial-operation.ts';

/** The machine's clock, which a test can put forward. */
export function shiftedClock(): Clock & { advance(ms: number): void } {
  let shift = 0;
  return {
    now: () => systemClock.now() + shift,
    monotonic: () => systemClock.monotonic() + shift,
    sleep: systemClock.sleep,
    advance(ms) {
      shift += ms;
    },
  };
}

/** A watched folder on a real disk, with a trivial operation and books in memory. */
export async function rig(
  over: Partial<Omit<WatchedFolderOptions, 'settings'>> & { settings?: Partial<WatchedFolderConfig> } = {},
) {
  const folder = over.folder ?? (await tempFolder());
  const clock = shiftedClock();
  const books = createFileBooks();
  const ends: string[] = [];
  const engine = createWatchedFolder({
    name: 'yard',
    folder,
    zone: 'UTC',
    operation: createOperation(),
    books,
    clock,
    log: silentLog,
    random: Math.random,
    ended: ({ end }) => ends.push(end),
    ...over,
    settings: {
      ...watchedFolderConfig.parse({ include: '*', result: '', preserve: '', failure: '' }),
      ...over.settings,
    },
  });
  onTestFinished(() => engine[Symbol.asyncDispose]());
  return {
    engine,
    folder,
    clock,
    books,
    ends,
    drop: (name: string, content: string | Buffer) =>
      writeFile(Buffer.concat([Buffer.from(join(folder, 'input/')), bytesOf(name)]), content),
    /** Lets everything that lies in input become due, claims it and waits for its jobs, scan after scan. */
    async settle() {
      for (let scans = 0; scans < 1000; scans++) {
        await engine.scan();
        clock.advance(10_000);
        const { claimed, waiting } = await engine.scan();
        await engine.drain();
        if (claimed === 0 && waiting === 0) return;
      }
      throw new Error('input never became empty');
    },
  };
}
