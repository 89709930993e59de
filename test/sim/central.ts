import { mkdirSync } from 'node:fs';
import type { HubConfig } from '@vigie/hub/config';
import { drillConfig } from '@vigie/hub/drill/drill-config';
import type { drillDocument } from '@vigie/hub/drill/drill-document';
import { createAcknowledger } from '@vigie/hub/fleet/acknowledger';
import { createCommander } from '@vigie/hub/fleet/commander';
import { createFleet } from '@vigie/hub/fleet/fleet';
import { createFloodGate } from '@vigie/hub/fleet/flood-gate';
import { createIntake } from '@vigie/hub/fleet/intake';
import { createPresenceWatch } from '@vigie/hub/fleet/presence-watch';
import { openHubDrills } from '@vigie/hub/hub-drills';
import { createHubOperator } from '@vigie/hub/hub-operator';
import { createReconciler } from '@vigie/hub/inventory/reconciler';
import { createSideOpener } from '@vigie/hub/report/open-side';
import { createReports } from '@vigie/hub/report/reports';
import { createReportRunner } from '@vigie/hub/report/runner';
import { jobDocument } from '@vigie/hub/resync/job-document';
import { createJobList } from '@vigie/hub/resync/job-list';
import { createResync } from '@vigie/hub/resync/orders';
import { outageReport } from '@vigie/hub/resync/outage-report';
import { createOutageWatch } from '@vigie/hub/resync/outage-watch';
import { isMendable } from '@vigie/hub/resync/plan';
import { createRateMeter } from '@vigie/hub/resync/rate-meter';
import { createActivities } from '@vigie/hub/store/activities';
import { createDevices } from '@vigie/hub/store/devices';
import { createInventories } from '@vigie/hub/store/inventories';
import { createJobStore } from '@vigie/hub/store/jobs';
import { createPreviews } from '@vigie/hub/store/previews';
import { createRates } from '@vigie/hub/store/rates';
import { createReportHistory } from '@vigie/hub/store/report-history';
import { createReportStore, type ReportRow } from '@vigie/hub/store/reports';
import { openStore } from '@vigie/hub/store/store';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import type { Link, LinkOptions } from '@vigie/shared/link/link';
import { encodeMessage, parseMessage } from '@vigie/shared/link/payload';
import {
  HUB_COMMAND_FILTER,
  HUB_STATUS,
  parseHubCommand,
  parseTopic,
  topicOf,
  upwardFilters,
} from '@vigie/shared/protocol/topics';
import type { SimDestination } from './destination.ts';
import { FOLDER } from './device.ts';
import { connectPower, PowerCut } from './power.ts';
import type { Scene } from './scene.ts';
import type { Life } from './time.ts';
import type { Wire } from './wire.ts';

const DAY_MS = 86_400_000;
/** A hub looks each second; a history has more seconds than it can pay for. */
const LOOK_EVERY_MS = 10_000;

/** What came of an outage drill. */
export type Sheet = ReturnType<typeof drillDocument>;

/** The hub in one life: its real core, from the database to the link, without a broker of its own and without HTTP. */
export type SimHub = ReturnType<typeof startSimHub>;

export function startSimHub(options: {
  life: Life;
  wire: Wire;
  folder: string;
  destinations: readonly SimDestination[];
  openLink: (given: LinkOptions) => Link;
  scene: Pick<Scene, 'policy' | 'resync' | 'allowance'>;
  /** The bug that a device is told that its event is safe when it was heard, not when it is committed. */
  acknowledgesEarly: boolean;
  reportChanged: (row: ReportRow) => void;
  drillChanged: (sheet: Sheet) => void;
  /** A loop of the program has ended with an error. */
  failed: (message: string) => void;
  random: () => number;
}) {
  const { life, wire, scene, destinations, random } = options;
  const { clock } = life;
  const log = silentLog;
  mkdirSync(options.folder, { recursive: true });
  const store = openStore(options.folder);
  store.sqlite.pragma('locking_mode = EXCLUSIVE');
  const power = connectPower(store.sqlite, life);
  const signal = new AbortController().signal;
  const none = () => undefined;

  const devices = createDevices(store, clock);
  const inventories = createInventories(store, clock);
  const previews = createPreviews(store, clock);
  const reportStore = createReportStore(store, clock);
  const history = createReportHistory(store);
  const jobs = createJobStore(store, clock);
  const activities = createActivities(store, clock, none);

  const say = async (topic: string, payload: string, retain = false): Promise<void> =>
    link.publish(topic, payload, { retain });
  const commander = createCommander(
    (a, name, m) => say(topicOf(a, 'command', name), encodeMessage('command', m)),
    clock,
  );
  const acknowledger = createAcknowledger((a, ack) => say(topicOf(a, 'ack'), encodeMessage('ack', ack)), clock, log);
  const reconciler = createReconciler({
    inventories,
    ask: (name, get) => say(topicOf(name, 'inventory/get', name.source), encodeMessage('inventory/get', get)),
    clock,
    log,
  });
  const configs = destinations.map(({ name }) => ({ name, type: 'directory' as const, root: '/', folder: FOLDER }));
  const sides = createSideOpener({
    devices,
    inventories,
    destinations: configs,
    openRemote({ name }, folder) {
      const destination = destinations.find((d) => d.name === name);
      if (!destination) throw new Error(`destination "${name}": there is none`);
      return destination.open(life, folder, wire);
    },
    commander,
    reconcile: (name) => reconciler.ask(name),
    clock,
  });
  let operatorTold: (id: string) => void = none;
  const reportChanged = (id: string) => {
    const row = reportStore.find(id);
    if (row) options.reportChanged(row);
    operatorTold(id);
  };
  const runner = createReportRunner({
    reports: reportStore,
    history,
    sides,
    isMendable,
    changed: reportChanged,
    completed(row) {
      if (row.state === 'completed' && row.sync && row.mendableCount > 0) resync.start(row, row.by);
    },
    clock,
    log,
  });
  const queueReport = (values: Parameters<typeof reportStore.create>[0]) => {
    const row = reportStore.create(values);
    reportChanged(row.id);
    runner.wake();
    return row;
  };
  const meter = createRateMeter({ kept: createRates(store) });
  const resync = createResync({
    jobs,
    reports: reportStore,
    devices,
    inventories,
    activities,
    rate: meter.rate,
    publishNext: (a, jobs, bytesPerSecond) =>
      say(topicOf(a, 'job/next'), encodeMessage('job/next', { jobs, bytesPerSecond }), true),
    limits: scene.resync,
    followUp: ({ left, right, filter, proof, by }) =>
      void queueReport({ left, right, filter, proof, by, trigger: 'resync', sync: false }),
    changed: none,
    expiryMs: 7 * DAY_MS,
    clock,
    log,
  });
  const outages = createOutageWatch({
    devices,
    inventories,
    activities,
    listable: new Set(configs.map((d) => d.name)),
    policy: scene.policy,
    outageAfterMs: 60_000,
    isDrill: (address) => drills.underWay(address),
    report: (left, right, sync) => void queueReport(outageReport(left, right, sync, 'automatic')),
    clock,
    log,
  });
  const drills = openHubDrills({
    ...{ store, devices, activities, commander, clock, log },
    config: {
      destinations: configs,
      resync: { policy: scene.policy },
      drills: drillConfig.parse({}),
    } as unknown as HubConfig,
    report: (left, right, sync) => void queueReport(outageReport(left, right, sync, 'outage drill')),
    unnoticed: (address) => outages.down(address),
    changed(id) {
      const sheet = drills.service.get(id);
      if (sheet) options.drillChanged(sheet);
    },
  });
  const presence = createPresenceWatch({
    devices,
    activities,
    limits: { lateAfter: 60_000, offlineAfter: 120_000 },
    isDrilled: (row) => drills.away(row) !== undefined,
    changed(row, now) {
      if (now === 'offline') outages.down(row);
    },
    clock,
  });
  const heard = createIntake({
    store,
    devices,
    inventories,
    previews,
    activities,
    reconciler,
    acknowledge: acknowledger.due,
    replied: commander.replied,
    jobUpdated: resync.updated,
    meter,
    born: resync.tell,
    drillTold: drills.told,
    destinationDown: outages.down,
    live: none,
    clock,
    log,
  });
  const intake = createFloodGate({
    ...{ intake: heard, activities, calmed: resync.tell, clock, log, limits: scene.allowance },
  });
  const reports = createReports({
    reports: reportStore,
    jobs,
    jobDocument: (row) => jobDocument(row, resync.waits(row)),
    runner,
    isMendable,
    rate: meter.rate,
    changed: reportChanged,
  });
  /** Nobody asks for these here. */
  const nothing = (): never => {
    throw new VigieError('not-found', 'the simulated hub has none');
  };
  const operator = createHubOperator({
    store,
    fleet: createFleet({ devices, inventories, previews, commander, clock } as Parameters<typeof createFleet>[0]),
    reports,
    jobs: createJobList(jobs, resync),
    drills: drills.service,
    certificates: { list: nothing, read: nothing, remarks: nothing },
    schedules: nothing,
    activity: () => [],
    resync,
    say,
    audit: none,
    clock,
    log,
  });
  operatorTold = (id) => queueMicrotask(() => operator.reportChanged(id));

  async function acknowledgeEarly(topic: string, payload: Buffer): Promise<void> {
    const about = parseTopic(topic);
    if (about?.family !== 'event') return;
    const { generation, seq } = parseMessage('event', payload);
    await say(topicOf(about, 'ack'), encodeMessage('ack', { generation, seq }));
  }

  const session = clock.now();
  const status = (state: 'online' | 'offline') => JSON.stringify({ state, session });
  const link = options.openLink({
    url: 'mqtt://simulated',
    clientId: 'hub',
    protocol: '5',
    will: { topic: HUB_STATUS, payload: status('offline'), retain: true },
    subscriptions: [...upwardFilters(), HUB_COMMAND_FILTER],
    async receive(topic, payload, retained) {
      const command = parseHubCommand(topic);
      if (options.acknowledgesEarly) await acknowledgeEarly(topic, payload);
      if (command === undefined) return intake(topic, payload, retained);
      operator.receive(command, payload, retained);
    },
    clock,
    random,
    log,
  });
  link.onConnect(() => {
    outages.linkUp();
    say(HUB_STATUS, status('online'), true).catch((error: unknown) => log.debug(messageOf(error)));
    for (const row of devices.all()) resync.tell(row);
    operator.linkUp();
  });
  link.onDisconnect(outages.linkDown);
  for (const row of devices.all()) devices.outage(row, row.lastHeardAt);

  async function look(): Promise<void> {
    for (;;) {
      presence.look();
      outages.look();
      drills.look();
      resync.expire();
      resync.allot();
      await clock.sleep(LOOK_EVERY_MS);
    }
  }
  for (const [name, loop] of [
    ['reports', runner.run(signal)],
    ['look', look()],
  ] as const) {
    loop.catch((error: unknown) => {
      if (!(error instanceof PowerCut)) options.failed(`the loop "${name}" of the hub ended: ${messageOf(error)}`);
    });
  }

  return {
    ...{ life, power, store, devices, inventories, reportStore, jobs, resync, activities, drills, queueReport },
    /** A whole copy of the database, as `.backup` makes it. */
    backup: () => store.sqlite.serialize(),
    /** Ends what is left of a life that was cut. */
    bury: () => store[Symbol.dispose](),
  };
}
