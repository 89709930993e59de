import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, systemClock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { openLink } from '@vigie/shared/link/mqtt';
import { labelled } from '@vigie/shared/protocol/thumbnail';
import { folderOf, readSecret } from '@vigie/shared/remote/destination-config';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import { openDrill, openResyncRate } from './agent-drill.ts';
import { createAgentEndpoints } from './agent-endpoints.ts';
import { openFilters } from './agent-filters.ts';
import { deviceStateOf } from './agent-state.ts';
import { type AgentConfig, pictureEnvironment } from './config.ts';
import { createDeliverer, type Deliverer } from './deliver/deliverer.ts';
import { createLimits } from './deliver/limits/limits.ts';
import { createProofAudit } from './deliver/proof-audit.ts';
import { readBootTime } from './health/boot-time.ts';
import { createClockFloor } from './health/clock-floor.ts';
import { createClockTrust } from './health/clock-trust.ts';
import { clockWord, kernelWitnesses } from './health/clock-word.ts';
import { whileRoomComes } from './health/full-ledger.ts';
import { createCommands } from './hub-link/commands.ts';
import { createEventSender } from './hub-link/events.ts';
import { commandHandlers } from './hub-link/handlers.ts';
import { openNewestPreviews } from './hub-link/newest-previews.ts';
import { type HubSession, openHubSession } from './hub-link/session.ts';
import { createInventoryPublisher, type InventoryPublisher } from './inventory/publisher.ts';
import { ledCondition } from './power/led-condition.ts';
import { openPower, type Power } from './power/power.ts';
import { FONT_FILE } from './process/font.ts';
import { createPictureProcess } from './process/picture-process.ts';
import { createJobRunner } from './resync/job-runner.ts';
import { createOperatorJobs } from './resync/operator-jobs.ts';
import { createReserve, openWithReserve, RESERVE } from './retention/reserve.ts';
import { openRetention } from './retention.ts';
import { openSource, type Source } from './source.ts';
import type { AssetRow } from './store/assets.ts';
import { createDeliveries } from './store/deliveries.ts';
import { createDeliveryPauses } from './store/delivery-pauses.ts';
import { createJobs } from './store/jobs.ts';
import { openLedger } from './store/ledger.ts';
import { createOutbox } from './store/outbox.ts';
import { createProofs } from './store/proofs.ts';
import { createReplies } from './store/replies.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as {
  version: string;
};

/** Runs an agent until the signal aborts. It returns when everything that was under way has been left in order. */
export async function runAgent(
  config: AgentConfig,
  log: Log,
  signal: AbortSignal,
  /** Asks for the end of this agent and a new one: where a camera's recovery may go so far. */
  restart: (why: string) => void,
  /** Where the configuration stands: its endpoints are followed there. */
  configFile?: string,
  clock: Clock = systemClock,
): Promise<void> {
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  await using opened = new AsyncDisposableStack();
  const { site, device } = config;
  const random = Math.random;
  // What hears of changes is made further down; until then nothing has changed.
  let session: HubSession | undefined;
  let power: Power | undefined;
  const changed = () => {
    session?.touch();
    power?.touch();
  };

  // The ledger and what is kept in it.
  const reserve = createReserve(join(config.dataFolder, RESERVE));
  const ledger = opened.use(await openWithReserve(() => openLedger(config.dataFolder), reserve));
  const outbox = createOutbox(ledger, clock, () => events.wake());
  const limits = new Map(
    config.destinations.map((d) => [d.name, createLimits(d, { zone: config.zone, ledger, clock })]),
  );
  const { takes } = openFilters({ config, ledger, clock, log });
  const deliveries = createDeliveries({
    ...{ ledger, outbox, clock, takes },
    gateOf: (name) => limits.get(name)?.gate,
    destinationsOf: (name) => config.sources.find((s) => s.name === name)?.destinations ?? [],
  });
  const jobs = createJobs(ledger, clock, takes);
  const pauses = createDeliveryPauses(ledger, clock);
  const resyncRate = openResyncRate(ledger, clock);
  const drill = openDrill({
    ...{ ledger, outbox, jobs, clock, log },
    hasRoom: () => (retention.ladder.condition()?.rung ?? 'room') === 'room',
    cut: (reason) => session?.cut(reason),
    retry() {
      for (const deliverer of deliverers.values()) deliverer.retry();
    },
  });

  // How far the clock is believed. What a wrong one has told is corrected once the right time is known.
  const boot = readBootTime();
  const trust = createClockTrust({
    floor: createClockFloor(ledger, clock),
    word: clockWord(kernelWitnesses),
    boot,
    clock,
    raised(level, offsetMs) {
      for (const source of sources.values()) source.clockRaised(level, offsetMs);
    },
    stepped(step) {
      outbox.add({ type: 'clock-step', stepMs: Math.round(step.to - step.from) });
      for (const source of sources.values()) source.clockStepped(step);
      deliveries.clockSet();
      wakeDeliveries();
    },
    log,
  });

  // Deliveries, one worker group a destination.
  const sources = new Map<string, Source>();
  const sourceOf = (name: string): Source => {
    const source = sources.get(name);
    if (!source)
      throw new VigieError('not-found', `source "${name}": there is none; ${[...sources.keys()].join(', ')} exist`);
    return source;
  };
  const addressOf = (destination: AgentConfig['destinations'][number], row: AssetRow) =>
    `${folderOf(destination.folder, { site, device, source: row.source })}/${row.path}`;
  const remotes = new Map(
    config.destinations.map((d) => [d.name, drill.reach(d, '', { stallMs: config.delivery.stall })]),
  );
  const deliverers = new Map<string, Deliverer>(
    config.destinations.map((destination) => [
      destination.name,
      createDeliverer({
        destination: destination.name,
        remote: remotes.get(destination.name) as RemoteFolder,
        deliveries,
        locate: (row) => join(sourceOf(row.source).folder, row.tree, row.path),
        address: (row) => addressOf(destination, row),
        lost(row, message) {
          const source = sourceOf(row.source);
          if (!source.trustsAbsence()) return false;
          source.assets.remove(row, `its file was not there for delivery: ${message}`);
          return true;
        },
        changed,
        delivered: () => retention.ladder.proved(),
        workers: destination.type === 'sftp' ? destination.connections : 2,
        proof: destination.proof ?? config.delivery.proof,
        paused: () => pauses.of(destination.name),
        cutOff: () => drill.acting() !== undefined,
        resyncPace: resyncRate.pace,
        pace: limits.get(destination.name)?.pace,
        budget: limits.get(destination.name)?.budget,
        backoff: { baseMs: config.delivery.retryFrom, capMs: config.delivery.retryUpTo },
        clock,
        random,
        log,
      }),
    ]),
  );
  const audits = config.destinations
    .filter(({ audit }) => audit.within > 0)
    .map((destination) =>
      createProofAudit({
        destination: destination.name,
        remote: remotes.get(destination.name) as RemoteFolder,
        proofs: createProofs(ledger, outbox, destination.name),
        address: (row) => addressOf(destination, row),
        withinMs: destination.audit.within,
        proof: destination.audit.proof,
        mayLook: () => !pauses.of(destination.name) && drill.acting() === undefined,
        pace: (deliverers.get(destination.name) as Deliverer).behind,
        changed,
        clock,
        log,
      }),
    );
  const wakeDeliveries = () => {
    for (const deliverer of deliverers.values()) deliverer.wake();
  };

  // What is kept, and what goes when a disk fills up. The sources that it asks about are opened below.
  const retention = openRetention({
    config,
    ledger,
    reserve,
    sources,
    outbox,
    destinations: {
      reached: () => [...deliverers].filter(([, { condition }]) => condition().error === null).map(([name]) => name),
      wake: wakeDeliveries,
    },
    changed,
    clock,
    log,
  });

  // Buttons, relays, heaters, the light, sensors. Outputs are in their safe states from here to the end.
  const idle = { state: 'stopped' as const, error: null, lastDeliveryAt: null };
  power = opened.use(
    openPower({
      ...config,
      sources: config.sources.map(({ name, zone }) => ({ name, zone: zone ?? config.zone })),
      capture: (name, at) => sourceOf(name).capturer.capture(at, signal),
      triggered: (input, source) => outbox.add({ type: 'triggered', source, input }),
      flagsChanged: (flags) => outbox.add({ type: 'power-flags', flags }),
      changed,
      condition: () =>
        ledCondition(
          [...sources.values()].map((s) => s.state(() => idle)),
          !config.hub || online(),
        ),
      clock,
      log,
    }),
  );
  const { cycleFor, captured: noteReadings } = power;

  // Sources: camera → watched folder → ledger.
  const pictures = opened.use(createPictureProcess({ environment: pictureEnvironment(), clock, log }));
  const previews = openNewestPreviews({
    folder: join(config.dataFolder, 'previews'),
    sources: config.sources.map(({ name }) => name),
    log,
  });
  const publishers = new Map<string, InventoryPublisher>();
  const sendPreview = (name: string, jpeg: Buffer) => {
    session
      ?.thumbnail(name, jpeg)
      .catch((error: unknown) => log.debug({ error: messageOf(error) }, 'a preview stays here'));
  };
  for (const source of config.sources) {
    const open = openSource({
      config: source,
      agent: config,
      ledger,
      outbox,
      deliveries,
      fontFile: FONT_FILE,
      pictures,
      filed(name, path, preview) {
        wakeDeliveries();
        publishers.get(name)?.changed();
        changed();
        if (!preview) return;
        const jpeg = labelled(preview, path);
        previews.keep(name, jpeg);
        if (session?.connected) sendPreview(name, jpeg);
      },
      changed,
      powerCycle: cycleFor(source.name),
      restart,
      captured: (file, at) => void noteReadings(source.name, file, at),
      purges: retention.purges,
      // The retention knows a source once it is opened.
      mayDelete: (file) => retention.mayDelete(source.name)(file),
      mayCapture: retention.ladder.mayCapture,
      mayProcess: retention.ladder.mayProcess,
      trust,
      bootId: boot.id,
      clock,
      random,
      log,
    });
    sources.set(source.name, opened.use(open));
  }

  // Watched folders that are no sources.
  const endpoints = createAgentEndpoints({
    ...{ config, file: configFile, openRemote: drill.reachAway, pictures, clock, random, log },
  });

  // The hub: events, inventories, commands, jobs.
  const online = () => session?.hubOnline ?? false;
  const say: HubSession['say'] = async (...message) => {
    if (!session) throw new VigieError('link-down', 'no hub is configured', { retryable: true });
    await session.say(...message);
  };
  const events = createEventSender({
    outbox,
    open: online,
    send: (event) => say('event', event.type, event),
    clock,
    log,
  });
  for (const { name, assets, storage } of sources.values()) {
    publishers.set(
      name,
      createInventoryPublisher({
        assets,
        generation: ledger.generation,
        storage,
        open: online,
        publishDigest: (digest) => say('inventory/digest', name, digest, true),
        publishChunk: (chunk) => say('inventory/chunk', name, chunk),
        clock,
        log,
      }),
    );
  }
  const destinationsOf = (name: string) => config.sources.find((s) => s.name === name)?.destinations;
  const jobRunner = createJobRunner({
    jobs,
    destinationsOf,
    tell: (update) => say('job/update', update.id, update),
    begun: wakeDeliveries,
    clock,
    log,
  });
  const operatorJobs = createOperatorJobs({ jobs, runner: jobRunner, destinationsOf, clock });
  const command = createCommands({
    handlers: commandHandlers({
      sources,
      sourceOf,
      deliverers,
      deliveries,
      pauses,
      changed,
      ledger,
      operatorJobs,
      drill: async (args, _signal, origin) => drill.order(args, origin),
      version,
      clock,
    }),
    replies: createReplies(ledger, clock),
    reply: (name, message) => say('reply', name, message),
    clock,
  });

  const state = deviceStateOf({
    ...{ version, config, ledger, outbox, sources, deliverers, retention, trust, endpoints, clock },
    power: () => power,
  });

  if (config.hub) {
    const { user = device, passwordFile, ...broker } = config.hub;
    session = opened.use(
      openHubSession({
        address: { site, device },
        link: { ...broker, user, password: passwordFile && readSecret(passwordFile), mayConnect: drill.over },
        openLink,
        generation: ledger.generation,
        session: ledger.session,
        version,
        ackedSeq: outbox.ackedSeq,
        state,
        stateEveryMs: config.stateEvery,
        ready() {
          events.restart();
          jobRunner.connected();
          for (const publisher of publishers.values()) publisher.connected();
          for (const [name, jpeg] of previews.all()) sendPreview(name, jpeg);
          // The network is back, so destinations may be too.
          for (const deliverer of deliverers.values()) deliverer.retry();
        },
        heard: {
          ack({ generation, seq }) {
            if (generation === ledger.generation) events.acknowledged(seq);
          },
          command(name, message) {
            command(name, message, signal)
              .catch((error: unknown) => log.warn({ command: name, error: messageOf(error) }, 'a reply did not go out'))
              .then(() => (name === 'drill' ? drill.begin(signal) : undefined))
              .catch((error: unknown) => log.error({ error: messageOf(error) }, 'an outage drill did not begin'));
          },
          orders(orders, bytesPerSecond) {
            resyncRate.told(bytesPerSecond);
            return jobRunner.orders(orders);
          },
          get: async (name, request) => publishers.get(name)?.get(request),
        },
        clock,
        random,
        log,
      }),
    );
  }

  // Before anything looks at the folders: a removal that was cut short is not a loss, and its file not a new one.
  await retention.finish();
  await trust.look();
  log.info({ site, device, version, sources: [...sources.keys()] }, 'the agent runs');
  await Promise.all([
    trust.run(signal),
    ...[...sources.values()].map((s) => s.run(signal)),
    ...[...deliverers.values()].map((d) => d.run(signal)),
    ...audits.map((audit) => audit.run(signal)),
    ...[...publishers.values()].map((p) => p.run(signal)),
    events.run(signal),
    whileRoomComes(jobRunner.run, { clock, log, signal }),
    whileRoomComes(drill.run, { clock, log, signal }),
    retention.ladder.run(signal),
    session?.run(signal),
    power.run(signal),
    endpoints.run(signal),
  ]);
}
