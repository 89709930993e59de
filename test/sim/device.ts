import { mkdirSync } from 'node:fs';
import type { Limits } from '@vigie/agent/deliver/limits/limits-config';
import { createDrill, type Drill } from '@vigie/agent/drill/drill';
import { createCommands } from '@vigie/agent/hub-link/commands';
import { createEventSender } from '@vigie/agent/hub-link/events';
import { commandHandlers } from '@vigie/agent/hub-link/handlers';
import { openHubSession } from '@vigie/agent/hub-link/session';
import { createInventoryPublisher } from '@vigie/agent/inventory/publisher';
import { createJobRunner } from '@vigie/agent/resync/job-runner';
import { createOperatorJobs } from '@vigie/agent/resync/operator-jobs';
import type { Source } from '@vigie/agent/source';
import { createAssets } from '@vigie/agent/store/assets';
import { createDrills } from '@vigie/agent/store/drills';
import { createJobs } from '@vigie/agent/store/jobs';
import { openLedger } from '@vigie/agent/store/ledger';
import { createOutbox } from '@vigie/agent/store/outbox';
import { createReplies } from '@vigie/agent/store/replies';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import type { Link, LinkOptions } from '@vigie/shared/link/link';
import { kindOf } from '@vigie/shared/protocol/asset';
import type { Bug } from './bugs.ts';
import type { SimDestination, SimDisk } from './destination.ts';
import { openDeliveries } from './device-deliveries.ts';
import { stateOf } from './device-state.ts';
import type { Meter } from './guard.ts';
import type { Picture } from './picture.ts';
import { connectPower, PowerCut } from './power.ts';
import type { Life } from './time.ts';
import type { Wire } from './wire.ts';

export const SOURCE = 'garden';
export const FOLDER = '{device}/{source}';
export type Address = { site: string; device: string };

const STATE_EVERY_MS = 10_000;
const VERSION = '1.0.0';

/** What of a device outlasts the lives of its program: its disk, with the ledger, and what lies in input. */
export type DeviceDisk = {
  folder: string;
  files: SimDisk;
  /** Pictures that are safely on the disk, and not yet in the books. */
  input: Picture[];
  /** Those that the books have, with the instant of simulated time. */
  filed: { picture: Picture; passed: number }[];
  /** Captures that commands have ordered and that were carried out. */
  ordered: number;
  meter: Meter;
};

/** The agent at work on one device: its real core in one life, from the ledger to the link. */
export type SimAgent = ReturnType<typeof startAgent>;

export function startAgent(options: {
  address: Address;
  life: Life;
  wire: Wire;
  disk: DeviceDisk;
  destinations: readonly SimDestination[];
  workers: number;
  limits: Limits;
  auditWithinMs: number;
  bug: Bug | undefined;
  openLink: (given: LinkOptions) => Link;
  /** A command orders a picture. */
  capture: () => string;
  /** A loop of the program has ended with an error. */
  failed: (message: string) => void;
  random: () => number;
}) {
  const { address, life, disk, destinations, random } = options;
  const { clock } = life;
  const log = silentLog;
  const signal = new AbortController().signal;
  mkdirSync(disk.folder, { recursive: true });
  const ledger = openLedger(disk.folder);
  ledger.sqlite.pragma('locking_mode = EXCLUSIVE');
  const power = connectPower(ledger.sqlite, life);
  const names = destinations.map(({ name }) => name);
  const startedAt = clock.monotonic();

  // A picture that was ordered and whose power was cut before the ledger knew is ordered again: no ledger is as one with a shutter.
  let unanswered = 0;
  life.whenCut(() => {
    disk.ordered -= unanswered;
  });

  const outbox = createOutbox(ledger, clock, () => events.wake());
  const jobs = createJobs(ledger, clock);
  const changed = () => session.touch();
  const drill: Drill = createDrill({
    drills: createDrills(ledger, outbox, clock),
    openJobs: () => jobs.open().map(({ order }) => order.id),
    hasRoom: () => true,
    begun: () => session.cut('an outage drill has begun'),
    ended: retryDeliveries,
    clock,
    log,
  });
  const { deliveries, pauses, resyncRate, deliverers, audits } = openDeliveries({
    ...options,
    ...{ ledger, outbox, source: SOURCE, folder: FOLDER, files: disk.files, meter: disk.meter },
    drill: () => drill,
    lost: (row, message) => assets.remove(row, message),
    changed,
    fault: options.failed,
  });
  const wakeDeliveries = () => {
    for (const deliverer of deliverers.values()) deliverer.wake();
  };
  function retryDeliveries(): void {
    for (const deliverer of deliverers.values()) deliverer.retry();
  }
  const assets = createAssets({
    ledger,
    source: SOURCE,
    outbox,
    deliveries,
    clock,
    filed() {
      wakeDeliveries();
      publisher.changed();
      changed();
    },
  });

  const online = () => session.hubOnline;
  const say: typeof session.say = (...message) => session.say(...message);
  const events = createEventSender({
    outbox,
    open: online,
    send: (event) => say('event', event.type, event),
    clock,
    log,
  });
  const publisher = createInventoryPublisher({
    assets,
    generation: ledger.generation,
    storage: () => 'present',
    open: online,
    publishDigest: (digest) => say('inventory/digest', SOURCE, digest, true),
    publishChunk: (chunk) => say('inventory/chunk', SOURCE, chunk),
    clock,
    log,
  });
  const destinationsOf = (name: string) => (name === SOURCE ? names : undefined);
  const jobRunner = createJobRunner({
    jobs,
    destinationsOf,
    tell: (update) => say('job/update', update.id, update),
    begun: wakeDeliveries,
    clock,
    log,
  });
  const source = {
    name: SOURCE,
    assets,
    storage: () => 'present',
    rebuilding: () => false,
    slotDays: () => undefined,
    config: { destinations: names },
    capturer: {
      async capture() {
        disk.ordered += 1;
        unanswered += 1;
        return [options.capture()];
      },
    },
  } as unknown as Source;
  const operatorJobs = createOperatorJobs({ jobs, runner: jobRunner, destinationsOf, clock });
  const command = createCommands({
    handlers: commandHandlers({
      sources: new Map([[SOURCE, source]]),
      sourceOf(name) {
        if (name !== SOURCE) throw new VigieError('not-found', `source "${name}": there is none`);
        return source;
      },
      deliverers,
      deliveries,
      pauses,
      changed,
      ledger,
      operatorJobs,
      drill: async (args, _signal, origin) => drill.order(args, origin),
      version: VERSION,
      clock,
    }),
    replies: createReplies(ledger, clock),
    reply(name, message) {
      if (name === 'capture') unanswered = 0;
      return say('reply', name, message);
    },
    clock,
  });

  const state = () =>
    stateOf({ name: SOURCE, version: VERSION, startedAt, ledger, outbox, assets, deliveries, deliverers, clock });

  const session = openHubSession({
    address,
    link: {
      url: 'mqtt://simulated',
      protocol: '5',
      mayConnect: options.bug === 'drill-leaky' ? undefined : drill.over,
    },
    openLink: options.openLink,
    generation: ledger.generation,
    session: ledger.session,
    version: VERSION,
    ackedSeq: outbox.ackedSeq,
    state: async () => state(),
    stateEveryMs: STATE_EVERY_MS,
    ready() {
      events.restart();
      jobRunner.connected();
      publisher.connected();
      retryDeliveries();
    },
    heard: {
      ack({ generation, seq }) {
        if (generation === ledger.generation) events.acknowledged(seq);
      },
      command(name, message) {
        command(name, message, signal)
          .catch((error: unknown) => log.debug(messageOf(error)))
          .then(() => (name === 'drill' ? drill.begin(signal) : undefined))
          .catch(ended('drill'));
      },
      orders(orders, bytesPerSecond) {
        resyncRate.told(bytesPerSecond);
        return jobRunner.orders(orders);
      },
      get: (_, request) => publisher.get(request),
    },
    clock,
    random,
    log,
  });

  /** What the watched folder does with a picture in input; a cut at any point is made good at the next start. */
  function file(picture: Picture): void {
    enter(picture);
    disk.filed.push({ picture, passed: clock.monotonic() });
    disk.input.splice(disk.input.indexOf(picture), 1);
  }
  function enter({ jobId, path, size, sha256, at }: Picture): void {
    if (assets.books.intended(jobId).length === 0) {
      const figures = { kind: kindOf(path), capturedAt: at, modifiedAt: at, unreadable: undefined, preview: null };
      assets.books.intend(jobId, [{ tree: 'result', path, size, sha256, ...figures }]);
    }
    disk.files.set(`/result/${path}`, { size, sha256 });
    assets.books.filed(jobId);
    assets.books.closed(jobId);
  }

  const loops = { events, publisher, jobRunner, session, drill };
  const all = [...Object.entries(loops), ...[...deliverers].map(([name, d]) => [`deliverer ${name}`, d] as const)];
  for (const [name, loop] of all) loop.run(signal).catch(ended(name));
  for (const audit of audits) audit.run(signal).catch(ended('audit'));

  function ended(name: string): (error: unknown) => void {
    return (error) => {
      if (!(error instanceof PowerCut)) options.failed(`the loop "${name}" of the agent ended: ${messageOf(error)}`);
    };
  }

  return {
    ...{ life, power, ledger, outbox, deliveries, deliverers, assets, jobs, pauses, drill, session },
    /** Takes what lies in input into the books. */
    fileInput() {
      for (const picture of [...disk.input]) file(picture);
    },
    /** What the audit at a start does: files that the ledger does not know, since it was lost, are taken into it. */
    adopt(taken: readonly Picture[]) {
      for (const picture of taken) {
        const { path } = picture;
        const isKnown = assets.find(path) !== undefined || assets.purged(path) !== undefined;
        if (disk.files.has(`/result/${path}`) && !isKnown) enter({ ...picture, jobId: `audit-${picture.jobId}` });
      }
    },
    /** What the root does when the machine's clock was set. */
    clockStepped(stepMs: number) {
      outbox.add({ type: 'clock-step', stepMs });
      deliveries.clockSet();
      wakeDeliveries();
    },
    /** An operator at the device has a paused re-sync run on. */
    runJob: async (job: string) => operatorJobs.job({ job, order: 'resume' }, signal, { id: 'at-last', by: 'ada' }),
    /** Ends what is left of a life that was cut. */
    bury: () => ledger[Symbol.dispose](),
  };
}
