import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, isSystemError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import type { OpenRemote } from '@vigie/shared/remote/open-remote';
import type { PlannedEndpoint } from './endpoints/changes.ts';
import { createDelivery } from './endpoints/delivery.ts';
import { createEndpoint, type Endpoint } from './endpoints/endpoint.ts';
import type { EndpointOperation } from './endpoints/endpoint-operation.ts';
import { createEndpoints, type Endpoints } from './endpoints/endpoints.ts';
import { createExec } from './endpoints/exec.ts';
import { createHttp } from './endpoints/http.ts';
import { createJobRecords, type JobRecord } from './endpoints/job-records.ts';
import { isRemote, patient } from './endpoints/network-disk.ts';
import { findRealPath } from './endpoints/real-path.ts';
import { createScanPool } from './endpoints/scan-pool.ts';
import { destinationTarget, folderTarget } from './endpoints/targets.ts';
import { pictureOperation } from './process/picture-operation.ts';
import type { PictureProcess } from './process/picture-process.ts';
import { freePermission } from './retention/permission.ts';
import type { EndpointBooks } from './store/endpoint-books.ts';
import { createMemoryBooks } from './store/endpoint-books-memory.ts';
import { localDisk, quickDisk } from './watched-folder/disk.ts';
import { createWatchedFolder, type WatchedFolder } from './watched-folder/watched-folder.ts';

/** Endpoints at work, each part joined: books, disk, operation, engine. */
export function openEndpoints(options: {
  books: EndpointBooks;
  pictures: PictureProcess;
  openRemote: OpenRemote;
  /** The process's own, of which programs get what their endpoint names. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Threads that Node reads disks with. */
  threads: number;
  /** A job has ended. */
  ended: (record: JobRecord) => void;
  clock: Clock;
  random: () => number;
  log: Log;
}): Endpoints {
  const { books, pictures, openRemote, environment, ended, clock, random, log } = options;
  const pool = createScanPool({ threads: options.threads });

  function operationOf(plan: PlannedEndpoint): EndpointOperation {
    const { operation, name } = plan;
    const own = log.child({ endpoint: name });
    switch (operation.type) {
      case 'pictures':
        return {
          run: pictureOperation(pictures.operation(operation.steps)),
          fault: async () => undefined,
          async [Symbol.asyncDispose]() {
            // The process that works on pictures is everybody's.
          },
        };
      case 'deliver':
        return createDelivery(
          operation,
          plan.destinations.map((one) => destinationTarget(one, openRemote)),
          own,
        );
      case 'copy':
        return createDelivery(
          operation,
          operation.folders.map((one) => folderTarget(one, openRemote)),
          own,
        );
      case 'exec':
        return createExec(operation, environment, clock);
      case 'http':
        return createHttp(operation);
    }
  }

  async function openFolder(plan: PlannedEndpoint, operation: EndpointOperation): Promise<WatchedFolder> {
    const { name, path, zone, settings } = plan;
    const folder = await findRealPath(path);
    await books.sweep(folder, () => stagedIn(folder));
    const far = await isRemote(folder);
    const line = pool.join();
    const disk = line.share(settings.durable ? localDisk : quickDisk);
    const records = createJobRecords(
      name,
      folder,
      settings.durable ? books.of(folder) : createMemoryBooks(),
      clock.now,
    );
    const watched = createWatchedFolder({
      name,
      folder,
      settings,
      zone,
      operation: operation.run,
      books: records.books,
      known: books.known(folder),
      ended: (job) => ended(records.ended(job)),
      disk: far ? patient(disk) : disk,
      // What an endpoint keeps is owed to nobody: its age alone decides.
      mayDelete: freePermission({
        deletion: { removePlain: disk.remove },
        treeOf: (tree) => join(folder, tree),
      }),
      clock,
      random,
      log,
    });
    return remembered(watched, {
      opened: () => books.remember(folder),
      ended: () => line.leave(),
    });
  }

  return createEndpoints({
    create(plan): Endpoint {
      const operation = operationOf(plan);
      return createEndpoint({ plan, operation, openFolder: () => openFolder(plan, operation), clock, log });
    },
    clock,
    log,
  });
}

/** An engine that tells when its folder is open, and when it is at its end. */
function remembered(watched: WatchedFolder, on: { opened: () => void; ended: () => void }): WatchedFolder {
  async function open(): Promise<void> {
    await watched.open();
    on.opened();
  }
  return {
    ...watched,
    open,
    async run(signal) {
      try {
        await open();
      } catch (error) {
        // Anything else the loop meets again, keeps as its condition, and tries again.
        if (codeOf(error) === 'folder-busy') throw error;
      }
      await watched.run(signal);
    },
    async [Symbol.asyncDispose]() {
      // It may have been opened later, by its loop.
      if (watched.condition().lastScanAt !== null) on.opened();
      await watched[Symbol.asyncDispose]();
      on.ended();
    },
  };
}

async function stagedIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(bytesOf(`${folder}/stage`), { encoding: 'buffer' })).map(nameOf);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
