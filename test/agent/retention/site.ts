import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentConfig, agentConfig } from '@vigie/agent/config';
import { openRetention } from '@vigie/agent/retention';
import { createReserve, RESERVE } from '@vigie/agent/retention/reserve';
import { silentLog } from '@vigie/shared/kit/log';
import type { DeviceEvent } from '@vigie/shared/protocol/messages';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';
import { smallDisk } from '../../support/small-disk.ts';
import { tempFolder } from '../../support/temp.ts';
import { keep } from './keep.ts';

/**
 * An agent's retention on a disk of 8 MB, with the real ledger on another one, or on the same. The source `garden` owes to `archive` and
 * `mirror`, which prove what `prove` says and no more.
 */
export async function site(over: { disk?: object; options?: string; ledgerOnDisk?: boolean; reached?: string[] } = {}) {
  const folder = await tempFolder();
  const disk = join(folder, 'disk');
  const mounted = smallDisk(disk, over.options ?? 'size=8m,nr_inodes=200');
  const root = join(disk, 'garden');
  await mkdir(root, { recursive: true });
  await writeFile(join(root, '.vigie-folder'), 'the marker');
  const dataFolder = over.ledgerOnDisk ? join(disk, 'data') : join(folder, 'data');
  const given = await testLedger(dataFolder);
  const { ledger, outbox, assets, deliveries, clock } = given;
  const destinations = ['archive', 'mirror'];
  // The disk that the ledger is on may be as full as it likes.
  const mark = (percent: number) => ({ percent, bytes: '10MB', inodes: 100 });
  const config: AgentConfig = agentConfig.parse({
    device: 'test',
    dataFolder,
    sources: [{ name: 'garden', camera: { type: 'test-picture' }, destinations }],
    destinations: destinations.map((name) => ({ name, type: 'directory', root: join(folder, name) })),
    disk: { clean: mark(40), stopProcessing: mark(20), skipCaptures: mark(10), ...over.disk },
  });
  const isPresent = () => existsSync(join(root, '.vigie-folder'));
  const reserve = createReserve(join(dataFolder, RESERVE));
  const source = { name: 'garden', folder: root, config: config.sources[0] as never, assets, isPresent };
  const retention = openRetention({
    config,
    ledger,
    reserve,
    sources: new Map([['garden', source]]),
    outbox,
    destinations: { reached: () => over.reached ?? [], wake: () => undefined },
    changed: () => undefined,
    clock,
    log: silentLog,
  });
  return {
    ...given,
    ...retention,
    mounted,
    folder,
    disk,
    root,
    isPresent,
    reserveFile: join(dataFolder, RESERVE),
    /** Files a picture of so many bytes, an hour after the one before. */
    async take(name: string, bytes: number, { at, original }: { at?: number; original?: string } = {}) {
      clock.advance(3_600_000);
      const content = Buffer.alloc(bytes, name);
      const made = original === undefined ? {} : { original };
      await keep({ assets, root, path: `20261101/${name}.jpg`, at: at ?? clock.now(), bytes: content, ...made });
    },
    /** The destinations prove so many, or all, the newest first. */
    prove(count = Number.POSITIVE_INFINITY, receipt: 'size' | 'digest' = 'digest') {
      for (const destination of destinations) {
        for (let i = 0; i < count; i++) {
          const claimed = deliveries.claim(destination, ['live', 'backfill']);
          if (!claimed) break;
          deliveries.verified(claimed, destination, receiptOf(receipt, claimed.size));
        }
      }
      retention.ladder.proved();
    },
    events: (type: DeviceEvent['type']) => outbox.after(0, 10_000).filter((event) => event.type === type),
  };
}
