import { createJobRunner } from '@vigie/agent/resync/job-runner';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import type { JobOrder } from '@vigie/shared/protocol/messages';
import { onTestFinished } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { fillWithAssets } from '../../support/many-assets.ts';
import { until } from '../../support/temp.ts';

/** A device with an archive of this size, all of it delivered, that re-syncs it. */
export async function largeResync(assets: number, folder?: string) {
  const store = await testLedger(folder, systemClock);
  const { jobs, ledger } = store;
  if (!jobs.find('job-1')) fillWithAssets(ledger, assets, 'verified');
  const runner = createJobRunner({
    jobs,
    destinationsOf: () => ['archive'],
    tell: async () => undefined,
    begun: () => undefined,
    clock: systemClock,
    log: silentLog,
  });
  const stop = new AbortController();
  const running = runner.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  onTestFinished(end);
  const now = Date.now();
  const order = (version: number, want: JobOrder['want']): JobOrder => ({
    ...{ id: 'job-1', type: 'resync', version, want, createdAt: now, expiresAt: now + 3_600_000, by: 'ada' },
    selection: { source: 'garden', destination: 'archive', replace: false, all: true },
  });
  /** All that an order means is in the ledger. */
  const follow = async (version: number, want: JobOrder['want']) => {
    await runner.order(order(version, want));
    await until(`"${want}" is in the ledger`, () => jobs.unfinished() === undefined, 300_000);
  };
  const count = (where: string): number =>
    ledger.sqlite.prepare(`select count(*) from delivery where ${where}`).pluck().get() as number;
  return { ...store, runner, order, follow, count, end };
}
