import { join } from 'node:path';
import { openArchive } from '@vigie/hub/certificate/archive';
import { createCertificates } from '@vigie/hub/certificate/certificates';
import { hubConfig } from '@vigie/hub/config';
import { createDrillList } from '@vigie/hub/drill/drill-document';
import { createDrills } from '@vigie/hub/drill/drills';
import { createFleet } from '@vigie/hub/fleet/fleet';
import { createHubOperator } from '@vigie/hub/hub-operator';
import { createReports } from '@vigie/hub/report/reports';
import type { ReportRunner } from '@vigie/hub/report/runner';
import { schedulesDocument } from '@vigie/hub/report/schedules-document';
import { jobDocument } from '@vigie/hub/resync/job-document';
import { createJobList } from '@vigie/hub/resync/job-list';
import { createResync } from '@vigie/hub/resync/orders';
import { isMendable } from '@vigie/hub/resync/plan';
import { createActivities } from '@vigie/hub/store/activities';
import { createDevices } from '@vigie/hub/store/devices';
import { createDrillStore } from '@vigie/hub/store/drills';
import { createInventories } from '@vigie/hub/store/inventories';
import { createJobStore } from '@vigie/hub/store/jobs';
import { createReportStore } from '@vigie/hub/store/reports';
import { openStore } from '@vigie/hub/store/store';
import type { Deed } from '@vigie/hub/users/audit';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import type { JobOrder, Message } from '@vigie/shared/protocol/messages';
import { onTestFinished } from 'vitest';
import { handClock } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';

export const ADDRESS = { site: 'main', device: 'cam-1' };
export const PLACE = { ...ADDRESS, source: 'garden' };
export const LEFT = { type: 'source', ...PLACE } as const;
export const RIGHT = { type: 'destination', destination: 'archive', ...PLACE } as const;

const config = hubConfig.parse({
  dataFolder: '/nowhere',
  broker: { type: 'embedded', accountsFile: '/nowhere/accounts' },
  reports: { schedule: [{ cron: '30 5 * * *', zone: 'Europe/Paris', days: 7 }], keep: '30d' },
});

type Told = { name: string; reply: Message<'reply'> };

/** What takes operators' orders at a hub: its real database and repositories, no broker, and reports that a test ends itself. */
export async function operatingHub(folder?: string, rate: { devicesAtOnce?: number; bandwidth?: number } = {}) {
  const clock = handClock();
  const dataFolder = folder ?? (await tempFolder());
  const store = openStore(dataFolder);
  onTestFinished(() => store[Symbol.dispose]());
  const devices = createDevices(store, clock);
  const inventories = createInventories(store, clock);
  const jobs = createJobStore(store, clock);
  const reportStore = createReportStore(store, clock);
  const activities = createActivities(store, clock, () => undefined);
  const published: JobOrder[][] = [];
  /** What the broker keeps for each device. */
  const next = new Map<string, { jobs: JobOrder[]; bytesPerSecond: number | undefined }>();
  const told: Told[] = [];
  const deeds: Deed[] = [];
  let linkUp = true;
  const resync = createResync({
    jobs,
    reports: reportStore,
    devices,
    inventories,
    activities,
    rate: () => 1000,
    limits: rate,
    async publishNext({ device }, orders, bytesPerSecond) {
      published.push(orders);
      next.set(device, { jobs: orders, bytesPerSecond });
    },
    followUp: () => undefined,
    changed: () => undefined,
    expiryMs: 86_400_000,
    clock,
    log: silentLog,
  });
  const reports = createReports({
    reports: reportStore,
    jobs,
    jobDocument,
    runner: { run: async () => undefined, wake: () => undefined, cancel: () => false } satisfies ReportRunner,
    isMendable,
    rate: () => 1000,
    changed: (id) => operator.reportChanged(id),
  });
  const drillStore = createDrillStore(store, clock);
  const drills = createDrills({
    ...{ drills: drillStore, devices, activities, clock, log: silentLog },
    commander: { send: async () => ({ id: '1', status: 'ok' }) },
    listable: new Set(['archive']),
    report: () => undefined,
    unnoticed: () => undefined,
    personMayMend: false,
    limits: { returnWithin: 120_000, greenWithin: 3_600_000 },
    changed: () => undefined,
  });
  const operator = createHubOperator({
    store,
    fleet: createFleet({ devices, inventories, clock } as unknown as Parameters<typeof createFleet>[0]),
    reports,
    jobs: createJobList(jobs, resync),
    drills: createDrillList(drillStore, drills),
    certificates: createCertificates({
      archive: openArchive(join(dataFolder, 'certificates')),
      publicKey: '',
      isKnown: (name) => inventories.find(name) !== undefined,
    }),
    schedules: () => schedulesDocument(config, clock.now()),
    activity: (limit) => activities.recent(limit).map((a) => ({ ...a, at: new Date(a.at).toISOString() })),
    resync,
    async say(topic, payload) {
      if (!linkUp) throw new VigieError('link-down', 'no link', { retryable: true });
      told.push({ name: topic.split('/').at(-1) as string, reply: JSON.parse(payload) });
    },
    audit: (deed) => deeds.push(deed),
    clock,
    log: silentLog,
  });
  devices.status(ADDRESS, { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 }, true);
  devices.state(ADDRESS, deviceState({ sources: [sourceState()] }), true);
  const source = inventories.open(PLACE, 'g');
  if (inventories.amount(source).count === 0) {
    ['20261101/a.jpg', '20261101/b.jpg', '20261102/c.jpg'].forEach((path, i) => {
      inventories.change(source, { path, size: 100, sha256: String(i).repeat(64) }, i + 1, 1);
    });
  }

  /** Gives a command and returns what was told at once. */
  async function give(name: string, id: string, args: object = {}, more: object = {}) {
    const before = told.length;
    const message = { id, expiresAt: clock.now() + 60_000, by: 'ada', args, ...more };
    operator.receive(name, Buffer.from(JSON.stringify(message)), false);
    await Promise.resolve();
    return told.slice(before).at(-1)?.reply as Message<'reply'>;
  }
  return {
    ...{
      clock,
      store,
      devices,
      inventories,
      jobs,
      reports,
      reportStore,
      resync,
      operator,
      published,
      next,
      drills,
      drillStore,
      dataFolder,
      told,
      deeds,
      activities,
      give,
    },
    link(up: boolean) {
      linkUp = up;
      if (up) operator.linkUp();
    },
  };
}
