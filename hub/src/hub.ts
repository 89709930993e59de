import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Link } from '@vigie/shared/link/link';
import { openLink } from '@vigie/shared/link/mqtt';
import { encodeMessage } from '@vigie/shared/link/payload';
import { HUB_COMMAND_FILTER, HUB_STATUS, parseHubCommand, topicOf, upwardFilters } from '@vigie/shared/protocol/topics';
import { readSecret } from '@vigie/shared/remote/destination-config';
import { openRemote } from '@vigie/shared/remote/open';
import { openAccounts } from './broker/accounts.ts';
import { startBroker } from './broker/embedded.ts';
import { openCertificates } from './certificate/open-certificates.ts';
import { baseUrlOf, type HubConfig } from './config.ts';
import { createAcknowledger } from './fleet/acknowledger.ts';
import { createCommander } from './fleet/commander.ts';
import { destinationList } from './fleet/destination-list.ts';
import { createFleet } from './fleet/fleet.ts';
import { createFloodGate } from './fleet/flood-gate.ts';
import { createIntake } from './fleet/intake.ts';
import { metricsText } from './fleet/metrics.ts';
import { createOriginals } from './fleet/originals.ts';
import { createPresenceWatch } from './fleet/presence-watch.ts';
import { createHttp } from './http/http.ts';
import { listen } from './http/listen.ts';
import type { LiveEvent } from './http/schema.ts';
import type { HubServices } from './http/services.ts';
import { openHubDrills } from './hub-drills.ts';
import { createHubOperator } from './hub-operator.ts';
import { createReconciler } from './inventory/reconciler.ts';
import { reportFilter } from './report/filter.ts';
import { createSideOpener } from './report/open-side.ts';
import { createReports } from './report/reports.ts';
import { createReportRetention } from './report/retention.ts';
import { createReportRunner } from './report/runner.ts';
import { createReportScheduler } from './report/scheduler.ts';
import { schedulesDocument } from './report/schedules-document.ts';
import { shapeOf } from './report/shape.ts';
import { jobDocument } from './resync/job-document.ts';
import { createJobList } from './resync/job-list.ts';
import { createResync } from './resync/orders.ts';
import { outageReport } from './resync/outage-report.ts';
import { createOutageWatch } from './resync/outage-watch.ts';
import { isMendable } from './resync/plan.ts';
import { createRateMeter } from './resync/rate-meter.ts';
import { createActivities } from './store/activities.ts';
import { createBucketShapes } from './store/bucket-shapes.ts';
import { createDevices } from './store/devices.ts';
import { createInventories } from './store/inventories.ts';
import { createJobStore } from './store/jobs.ts';
import { createListings } from './store/listings.ts';
import { createPreviews } from './store/previews.ts';
import { createRates } from './store/rates.ts';
import { createReportHistory } from './store/report-history.ts';
import { createReportStore } from './store/reports.ts';
import { createScheduleStore } from './store/schedules.ts';
import { createSlotDays } from './store/slot-days.ts';
import { openStore } from './store/store.ts';
import { readOrMakeSecret } from './users/secret.ts';
import { createUsers } from './users/users.ts';

/** A hub that runs: everything from the broker to the dashboard, in the order of the data path. */
export type Hub = AsyncDisposable & {
  /** Where the dashboard is. */
  url: string;
  /** Where the embedded broker listens, or null. */
  brokerUrl: string | null;
  /** The one-time code that makes the first administrator, or null once there is one. */
  setupCode: string | null;
};

const LOOK_EVERY_MS = 1_000;
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string;
};

export async function startHub(config: HubConfig, log: Log, clock: Clock = systemClock): Promise<Hub> {
  await using opened = new AsyncDisposableStack();
  const stopping = new AbortController();
  const listeners = new Set<(event: LiveEvent) => void>();
  const live = (event: LiveEvent) => {
    for (const listener of listeners) listener(event);
  };

  // What is known.
  const store = opened.use(openStore(config.dataFolder));
  const devices = createDevices(store, clock);
  const inventories = createInventories(store, clock);
  const previews = createPreviews(store, clock);
  const reportStore = createReportStore(store, clock);
  const history = createReportHistory(store);
  const jobs = createJobStore(store, clock);
  const activities = createActivities(store, clock, (id) => live({ topic: 'activity', key: String(id) }));

  // The link to the devices. What needs it is made first: messages may come from the moment it is open.
  let link: Link | undefined;
  const say = async (topic: string, payload: string, retain = false): Promise<void> => {
    if (!link) throw new Error('the link is not open yet');
    await link.publish(topic, payload, { retain });
  };
  const commander = createCommander(
    (a, name, m) => say(topicOf(a, 'command', name), encodeMessage('command', m)),
    clock,
  );
  const acknowledger = opened.use(
    createAcknowledger((a, ack) => say(topicOf(a, 'ack'), encodeMessage('ack', ack)), clock, log),
  );
  const reconciler = createReconciler({
    inventories,
    ask: (name, get) => say(topicOf(name, 'inventory/get', name.source), encodeMessage('inventory/get', get)),
    clock,
    log,
  });

  // Reports and what follows from them.
  const originals = opened.use(createOriginals({ destinations: config.destinations, inventories, previews, log }));
  let reportListener = (_id: string): void => undefined;
  const reportChanged = (id: string) => {
    live({ topic: 'reports', key: id });
    reportListener(id);
  };
  const sides = createSideOpener({
    devices,
    inventories,
    destinations: config.destinations,
    openRemote,
    commander,
    reconcile: (name) => reconciler.ask(name),
    kept: {
      listings: createListings(store),
      shapes: createBucketShapes(store, shapeOf),
      fullEveryMs: config.reports.listAgainAfter,
    },
    ...{ slotDays: createSlotDays(store), clock },
  });
  const runner = createReportRunner({
    reports: reportStore,
    history,
    sides,
    isMendable,
    changed: reportChanged,
    completed(row) {
      if (row.state === 'completed' && row.sync && row.mendableCount > 0) resync.start(row, row.by);
    },
    ...{ clock, log },
  });
  const queueReport = (values: Parameters<typeof reportStore.create>[0]) => {
    reportChanged(reportStore.create(values).id);
    runner.wake();
  };
  const meter = createRateMeter({ kept: createRates(store), bandwidth: config.resync.bandwidth });
  const resync = createResync({
    jobs,
    reports: reportStore,
    devices,
    inventories,
    activities,
    rate: meter.rate,
    publishNext: (a, jobs, bytesPerSecond) =>
      say(topicOf(a, 'job/next'), encodeMessage('job/next', { jobs, bytesPerSecond }), true),
    limits: config.resync,
    followUp: ({ left, right, filter, proof, by }) =>
      queueReport({ left, right, filter, proof, by, trigger: 'resync', sync: false }),
    changed: (id) => live({ topic: 'jobs', key: id }),
    expiryMs: config.resync.jobExpiry,
    clock,
    log,
  });
  const outages = createOutageWatch({
    devices,
    inventories,
    activities,
    listable: new Set(config.destinations.map((d) => d.name)),
    policy: config.resync.policy,
    outageAfterMs: config.resync.outageAfter,
    isDrill: (address) => drills.underWay(address),
    report: (left, right, sync) => queueReport(outageReport(left, right, sync, 'automatic')),
    clock,
    log,
  });
  const drills = openHubDrills({
    ...{ store, config, devices, activities, commander, clock, log },
    report: (left, right, sync) => queueReport(outageReport(left, right, sync, 'outage drill')),
    unnoticed: (address) => outages.down(address),
    changed: (id) => live({ topic: 'drills', key: id }),
  });
  const scheduler = createReportScheduler({
    schedules: config.reports.schedule,
    store: createScheduleStore(store),
    history,
    devices,
    listable: new Set(config.destinations.map((d) => d.name)),
    queue: queueReport,
    activities,
    clock,
  });
  const retention = createReportRetention({
    history,
    keepMs: config.reports.keep,
    keepAtLeast: config.reports.keepAtLeast,
    removed: () => live({ topic: 'reports', key: '*' }),
    clock,
    log,
  });
  const presence = createPresenceWatch({
    devices,
    activities,
    limits: config.fleet,
    isDrilled: (row) => drills.away(row) !== undefined,
    changed(row, now) {
      if (now === 'offline') outages.down(row);
      live({ topic: 'fleet', key: `${row.site}/${row.device}` });
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
    live,
    clock,
    log,
  });
  const intake = createFloodGate({ intake: heard, activities, calmed: resync.tell, clock, log });

  // What people may ask and order, over HTTP and over MQTT.
  const fleet = createFleet({ devices, inventories, previews, originals, commander, drillOf: drills.away, clock });
  const reports = createReports({
    reports: reportStore,
    jobs,
    jobDocument: (row) => jobDocument(row, resync.waits(row)),
    runner,
    isMendable,
    rate: meter.rate,
    changed: reportChanged,
  });
  const jobList = createJobList(jobs, resync);
  const users = createUsers({
    database: store.sqlite,
    baseUrl: baseUrlOf(config),
    secret: await readOrMakeSecret(config.dataFolder),
    clock,
    random: randomBytes,
    log,
  });
  const certificates = await openCertificates({
    dataFolder: config.dataFolder,
    config: config.certificates,
    ...{ store, devices, inventories },
    covers: (filter) => reportFilter(JSON.parse(filter)),
    confirm: async (name, signal) => void (await sides.open({ type: 'source', ...name }, {}, signal)),
    ...{ clock, log },
  });
  const activity = (limit: number) => activities.recent(limit).map((a) => ({ ...a, at: new Date(a.at).toISOString() }));
  const schedules = () => schedulesDocument(config, clock.now());
  const operator = createHubOperator({
    ...{ store, fleet, reports, jobs: jobList, drills: drills.service, resync, say, clock, log },
    ...{ certificates: certificates.service, schedules, activity },
    audit: users.audit.record,
  });
  // What follows from a report's end is done by then, and so is told with it.
  reportListener = (id) => queueMicrotask(() => operator.reportChanged(id));

  // The broker, and the hub as one of its clients.
  const hubPassword = randomBytes(24).toString('base64url');
  const { broker: brokerConfig } = config;
  const broker =
    brokerConfig.type === 'embedded'
      ? opened.use(
          await startBroker({
            host: brokerConfig.host,
            port: brokerConfig.port,
            accounts: openAccounts(brokerConfig.accountsFile),
            hubPassword,
            log,
          }),
        )
      : undefined;
  const session = clock.now();
  const status = (state: 'online' | 'offline') => JSON.stringify({ state, session });
  const credentials =
    brokerConfig.type === 'embedded'
      ? { user: 'hub', password: hubPassword, protocol: '3.1.1' as const }
      : {
          user: brokerConfig.user,
          password: brokerConfig.passwordFile && readSecret(brokerConfig.passwordFile),
          protocol: brokerConfig.protocol,
          caFile: brokerConfig.caFile,
        };
  link = opened.use(
    openLink({
      url: broker ? broker.url : (brokerConfig as { url: string }).url,
      clientId: 'hub',
      ...credentials,
      will: { topic: HUB_STATUS, payload: status('offline'), retain: true },
      subscriptions: [...upwardFilters(), HUB_COMMAND_FILTER],
      async receive(topic, payload, retained) {
        const command = parseHubCommand(topic);
        if (command === undefined) return intake(topic, payload, retained);
        operator.receive(command, payload, retained);
      },
      clock,
      random: Math.random,
      log,
    }),
  );
  link.onConnect(() => {
    outages.linkUp();
    say(HUB_STATUS, status('online'), true).catch((error: unknown) => log.warn(messageOf(error)));
    for (const row of devices.all()) resync.tell(row);
    operator.linkUp();
  });
  link.onDisconnect(outages.linkDown);
  opened.defer(async () => {
    if (link?.connected) await say(HUB_STATUS, status('offline'), true);
  });
  // While the hub was away, nobody watched: every device may have had an outage.
  for (const row of devices.all()) devices.outage(row, row.lastHeardAt);

  const services: HubServices = {
    version,
    fleet,
    destinations: () => destinationList(config.destinations),
    reports,
    certificates: certificates.service,
    jobs: jobList,
    drills: drills.service,
    schedules,
    activity,
    live(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ready() {
      const checks = { database: store.sqlite.open, broker: link?.connected ?? false };
      return { ready: Object.values(checks).every(Boolean), checks };
    },
    metrics: () =>
      metricsText({
        devices: devices.all(),
        sources: devices
          .all()
          .flatMap((d) => inventories.ofDevice(d).map((row) => ({ row, ...inventories.amount(row) }))),
        openJobs: devices.all().reduce((sum, d) => sum + jobs.openOrders(d).length, 0),
        brokerConnected: link?.connected ?? false,
      }),
  };
  const http = createHttp({
    services,
    users,
    web: { folder: join(import.meta.dirname, '../web/dist') },
    baseUrl: baseUrlOf(config),
    trustedProxies: config.http.trustedProxies,
    clock,
    log,
  });
  const listening = await listen(http, config.http);
  opened.defer(() => listening.close());

  // The loops: reports by size and by digest, certificates each day, and a look at presence, outages and expiry every second.
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      presence.look();
      outages.look();
      drills.look();
      resync.expire();
      resync.allot();
      scheduler.look();
      retention.look();
      await clock.sleep(LOOK_EVERY_MS, stopping.signal);
    }
  })();
  const running = runner.run(stopping.signal);
  const certifying = certificates.rounds.run(stopping.signal);
  opened.defer(async () => {
    stopping.abort();
    await Promise.all([looking, running, certifying]);
  });

  const whole = opened.move();
  return {
    url: config.http.publicUrl ?? listening.url,
    brokerUrl: broker?.url ?? null,
    setupCode: users.setupCode(),
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}
