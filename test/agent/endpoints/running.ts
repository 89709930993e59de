import { join } from 'node:path';
import type { JobRecord } from '@vigie/agent/endpoints/job-records';
import { openEndpoints } from '@vigie/agent/open-endpoints';
import { createPictureProcess } from '@vigie/agent/process/picture-process';
import { openEndpointBooks } from '@vigie/agent/store/endpoint-books';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { openRemote } from '@vigie/shared/remote/open';
import { onTestFinished } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

/** Endpoints at work on a real disk until the test has finished, without a configuration yet; `records` tells the jobs that have ended. */
export async function startEndpoints() {
  const folder = await tempFolder();
  const records: JobRecord[] = [];
  const books = openEndpointBooks(join(folder, 'books'));
  const pictures = createPictureProcess({ environment: process.env, clock: systemClock, log: silentLog });
  const stop = new AbortController();
  const endpoints = openEndpoints({
    books,
    pictures,
    openRemote,
    environment: process.env,
    threads: 4,
    ended: (record) => records.push(record),
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  const runs = endpoints.run(stop.signal);
  const end = async () => {
    stop.abort();
    await runs;
  };
  onTestFinished(async () => {
    await end();
    books[Symbol.dispose]();
    await pictures[Symbol.asyncDispose]();
  });
  return {
    folder,
    records,
    books,
    endpoints,
    end,
    conditionOf: (name: string) => endpoints.conditions().find((condition) => condition.name === name),
  };
}
