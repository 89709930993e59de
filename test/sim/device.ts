import { mkdirSync } from 'node:fs';
import { createDeliverer, type Deliverer } from '@vigie/agent/deliver/deliverer';
import { createCommands } from '@vigie/agent/hub-link/commands';
import { createEventSender } from '@vigie/agent/hub-link/events';
import { commandHandlers } from '@vigie/agent/hub-link/handlers';
import { openHubSession } from '@vigie/agent/hub-link/session';
import { destinationState } from '@vigie/agent/hub-link/state';
import { createInventoryPublisher } from '@vigie/agent/inventory/publisher';
import { createJobRunner } from '@vigie/agent/resync/job-runner';
import { createOperatorJobs } from '@vigie/agent/resync/operator-jobs';
import type { Source } from '@vigie/agent/source';
import { createAssets } from '@vigie/agent/store/assets';
import { createDeliveries } from '@vigie/agent/store/deliveries';
import { createDeliveryPauses } from '@vigie/agent/store/delivery-pauses';
import { createJobs } from '@vigie/agent/store/jobs';
import { openLedger } from '@vigie/agent/store/ledger';
import { createOutbox } from '@vigie/agent/store/outbox';
import { createReplies } from '@vigie/agent/store/replies';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import type { Link, LinkOptions } from '@vigie/shared/link/link';
import { kindOf } from '@vigie/shared/protocol/asset';
import type { DeviceState } from '@vigie/shared/protocol/messages';
import { folderOf } from '@vigie/shared/remote/destination-config';
import type { SimDestination, SimDisk } from './destination.ts';
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
  openLink: (given: LinkOptions) => Link;
  /** A command orders a picture. */
  capture: () => string;
  /** A loop of the program has ended with an error. */
  failed: (message: string) => void;
  random: () => number;
}) {
  const { address, life, wire, disk, destinations, random } = options;
  const { clock } = life;
  const log = silentLog;
  const signal = new AbortController().signal;
  mkdirSync(disk.folder, { recursive: true });
  const ledger = openLedger(disk.folder);
  const power = connectPower(ledger.sqlite, life);
  const names = destinations.map(({ name }) => name);
  const startedAt = clock.monotonic();

  const outbox = createOutbox(ledger, clock, () => events.wake());
  const deliveries = createDeliveries({ ledger, outbox, clock, destinationsOf: () => names });
  const jobs = createJobs(ledger, clock);
  const pauses = createDeliveryPauses(ledger);
  const changed = () => session.touch();
  const deliverers = new Map<string, Deliverer>(
    destinations.map((destination) => [
      destination.name,
      createDeliverer({
        destination: destination.name,
        remote: destination.open(life, '', wire, disk.files),
        deliveries,
        locate: (row) => `/${row.tree}/${row.path}`,
        address: (row) => `${folderOf(FOLDER, { ...address, source: row.source })}/${row.path}`,
        lost(row, message) {
          assets.remove(row, message);
          return true;
        },
        changed,
        workers: options.workers,
        proof: 'digest',
        paused: () => pauses.of(destination.name, clock.now()),
        backoff: { baseMs: 2_000, capMs: 120_000 },
        clock,
        random,
        log,
      }),
    ]),
  );
  const wakeDeliveries = () => {
    for (const deliverer of deliverers.values()) deliverer.wake();
  };
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
    config: { destinations: names },
    capturer: {
      async capture() {
        disk.ordered += 1;
        return [options.capture()];
      },
    },
  } as unknown as Source;
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
      operatorJobs: createOperatorJobs({ jobs, runner: jobRunner, destinationsOf, clock }),
      drill: () => {
        throw new VigieError('not-found', 'no drills are simulated');
      },
      version: VERSION,
      clock,
    }),
    replies: createReplies(ledger, clock),
    reply: (name, message) => say('reply', name, message),
    clock,
  });

  function state(): DeviceState {
    return {
      ...{ at: clock.now(), session: ledger.session, version: VERSION, residentBytes: 0, clockTrusted: true },
      uptimeS: Math.round((clock.monotonic() - startedAt) / 1000),
      disk: { freeBytes: 1, totalBytes: 2 },
      outbox: outbox.size(),
      sources: [
        {
          ...{ name: SOURCE, camera: 'simulated', zone: 'UTC', capturing: false, everyMs: null, cron: null },
          ...{ lastCaptureAt: null, nextCaptureAt: null, lastFailure: null, waiting: 0, failures: 0 },
          ...{ generation: ledger.generation, seq: assets.seq(), held: assets.held(), storage: 'present' },
          destinations: [...deliverers].map(([name, d]) => destinationState(SOURCE, name, deliveries, d.condition())),
        },
      ],
    };
  }

  const session = openHubSession({
    address,
    link: { url: 'mqtt://simulated', protocol: '5' },
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
      for (const deliverer of deliverers.values()) deliverer.retry();
    },
    heard: {
      ack({ generation, seq }) {
        if (generation === ledger.generation) events.acknowledged(seq);
      },
      command(name, message) {
        command(name, message, signal).catch((error: unknown) => log.debug(messageOf(error)));
      },
      orders: (orders) => jobRunner.orders(orders),
      get: (_, request) => publisher.get(request),
    },
    clock,
    random,
    log,
  });

  /** What the watched folder does with a picture in input; a cut at any point is made good at the next start. */
  function file(picture: Picture): void {
    const { jobId, path, size, sha256, at } = picture;
    if (assets.books.intended(jobId).length === 0) {
      const figures = { kind: kindOf(path), capturedAt: at, modifiedAt: at, unreadable: undefined, preview: null };
      assets.books.intend(jobId, [{ tree: 'result', path, size, sha256, ...figures }]);
    }
    disk.files.set(`/result/${path}`, { size, sha256 });
    assets.books.filed(jobId);
    assets.books.closed(jobId);
    disk.filed.push({ picture, passed: clock.monotonic() });
    disk.input.splice(disk.input.indexOf(picture), 1);
  }

  const loops = { events, publisher, jobRunner, session };
  const all = [...Object.entries(loops), ...[...deliverers].map(([name, d]) => [`deliverer ${name}`, d] as const)];
  for (const [name, loop] of all) {
    loop.run(signal).catch((error: unknown) => {
      if (!(error instanceof PowerCut)) options.failed(`the loop "${name}" of the agent ended: ${messageOf(error)}`);
    });
  }

  return {
    ...{ life, power, ledger, outbox, deliveries, deliverers, assets, jobs, pauses, events, session },
    /** Takes what lies in input into the books. */
    fileInput() {
      for (const picture of [...disk.input]) file(picture);
    },
    /** What the root does when the machine's clock was set. */
    clockStepped(stepMs: number) {
      outbox.add({ type: 'clock-step', stepMs });
      deliveries.clockSet();
      wakeDeliveries();
    },
    /** Ends what is left of a life that was cut. */
    bury: () => ledger[Symbol.dispose](),
  };
}
