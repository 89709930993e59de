import { join } from 'node:path';
import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import type { HubServices } from '../http/services.ts';
import { createCertifiedDays } from '../store/certified-days.ts';
import type { Devices } from '../store/devices.ts';
import type { Inventories, SourceName } from '../store/inventories.ts';
import type { Store } from '../store/store.ts';
import { openArchive } from './archive.ts';
import { createCertificates } from './certificates.ts';
import { createCertifySource } from './certify-source.ts';
import { readOrMakeKey } from './key.ts';
import type { Books } from './read-day.ts';
import { type CertificateRounds, createCertificateRounds } from './rounds.ts';

/** The hub's certificates: made in rounds, kept below `certificates` in its data folder, shown by its API. */
export async function openCertificates(options: {
  dataFolder: string;
  config: { every: number; after: number };
  store: Store;
  devices: Devices;
  inventories: Inventories;
  /** Which paths the filter of a report (as JSON) lets through. */
  covers: Books['covers'];
  /** Asks a device whether the hub knows what it knows, and waits for the answer; throws where it does not come to agree. */
  confirm: (name: SourceName, signal: AbortSignal) => Promise<void>;
  clock: Clock;
  log: Log;
}): Promise<{ rounds: CertificateRounds; service: HubServices['certificates'] }> {
  const { dataFolder, config, store, devices, inventories, covers, confirm, clock, log } = options;
  const archive = openArchive(join(dataFolder, 'certificates'));
  const key = await readOrMakeKey(dataFolder);
  const books = { days: createCertifiedDays(store), devices, inventories, covers };
  const certify = createCertifySource({ books, archive, key, confirm, settleMs: config.after, clock, log });
  const sources = () =>
    devices
      .all()
      .flatMap(({ site, device }) =>
        inventories.ofDevice({ site, device }).map(({ name: source }) => ({ site, device, source })),
      );
  return {
    rounds: createCertificateRounds({ sources, certify, everyMs: config.every, clock, log }),
    service: createCertificates({
      archive,
      publicKey: key.publicKey,
      isKnown: (name) => inventories.find(name) !== undefined,
    }),
  };
}
