import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PowerCycle } from '@vigie/hardware/power/relay';
import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { stampedAt } from '@vigie/shared/kit/zone';
import type { DestinationFilter } from '@vigie/shared/protocol/destination-filter';
import type { SourceState } from '@vigie/shared/protocol/messages';
import { walk } from '@vigie/shared/remote/walk';
import { type Capturer, createCapturer } from './capture/capturer.ts';
import { rememberingCopies } from './capture/card-copies.ts';
import { releaseCards } from './capture/card-release.ts';
import { scheduleOf } from './capture/schedule-config.ts';
import type { AgentConfig, SourceConfig } from './config.ts';
import type { Condition } from './deliver/deliverer.ts';
import type { ClockStep, ClockTrust } from './health/clock-trust.ts';
import { lesserTrust } from './health/clock-trust.ts';
import { whileRoomComes } from './health/full-ledger.ts';
import { destinationState } from './hub-link/state.ts';
import { auditSource } from './inventory/audit.ts';
import { auditEachDay } from './inventory/audit-loop.ts';
import { pictureOperation } from './process/picture-operation.ts';
import type { PictureProcess } from './process/picture-process.ts';
import type { Allowed } from './retention/ladder.ts';
import { withRoom } from './retention/processing.ts';
import { CLOCK_STEP } from './slots/keeper.ts';
import { retell } from './slots/retell.ts';
import { openSourceCamera } from './source-camera.ts';
import { openSchedule } from './source-schedule.ts';
import { type Assets, createAssets } from './store/assets.ts';
import type { Trust } from './store/captures.ts';
import { type Captures, createCaptures } from './store/captures.ts';
import { createCardCopies } from './store/card-copies.ts';
import type { Deliveries } from './store/deliveries.ts';
import type { Ledger } from './store/ledger.ts';
import type { Outbox } from './store/outbox.ts';
import type { Purges } from './store/purges.ts';
import { createRebuild } from './store/rebuild.ts';
import { createTrueTimes } from './store/true-times.ts';
import { placeOf } from './watched-folder/place-pattern.ts';
import type { MayDelete } from './watched-folder/purge.ts';
import { MARKER } from './watched-folder/trees.ts';
import { createWatchedFolder, type WatchedFolder } from './watched-folder/watched-folder.ts';

/** One source at work: camera → watched folder → ledger, in the order of the data path. */
export type Source = AsyncDisposable & {
  readonly name: string;
  readonly folder: string;
  readonly config: SourceConfig;
  readonly capturer: Capturer;
  readonly watched: WatchedFolder;
  readonly assets: Assets;
  /** Looks now whether the storage is there, and is the ledger's: what the folder's last scan saw may be a second old. */
  isPresent(): boolean;
  /** A file that is not there is gone: the storage is there, and the audit has found the ledger's files on it. */
  trustsAbsence(): boolean;
  /** Absent also until every file that lies there is in a ledger that began anew. */
  storage(): 'present' | 'absent';
  /** The storage is there, and its files are being taken into a new ledger. */
  rebuilding(): boolean;
  /** The clock is believed more than before, or this is the start: what this boot has told is corrected. */
  clockRaised(level: Trust, offsetMs: number): void;
  clockStepped(step: ClockStep): void;
  state(conditionOf: (destination: string) => Condition): SourceState;
  /** The slots of the last days that are over; undefined where nothing is expected of it. */
  slotDays(): NonNullable<SourceState['slots']>['today'][] | undefined;
  /** Filters of its destinations, where they have one, by their names. */
  filters(): Record<string, DestinationFilter>;
  run(signal: AbortSignal): Promise<void>;
};

export function openSource(options: {
  config: SourceConfig;
  agent: Pick<AgentConfig, 'zone' | 'dataFolder' | 'location' | 'destinations'>;
  ledger: Ledger;
  outbox: Outbox;
  deliveries: Deliveries;
  fontFile: string;
  pictures: PictureProcess;
  /** An asset has been filed; `preview` is a JPEG of at most 20 KB, or null. */
  filed: (source: string, path: string, preview: Buffer | null) => void;
  changed: () => void;
  /** The camera's power through a relay, where it hangs on one. */
  powerCycle: PowerCycle | undefined;
  /** Ends the agent in order, to be started again: the last but one rung of the recovery ladder. */
  restart: (why: string) => void;
  /** A file of a capture has entered input under this name. */
  captured: (file: string, at: number) => void;
  purges: Pick<Purges, 'madeOf'>;
  /** What the purge of this source's folder may take away. */
  mayDelete: MayDelete;
  mayCapture: (source: string) => Allowed;
  mayProcess: (source: string) => Allowed;
  /** How far the clock is believed; known a moment after the sources are opened. */
  trust: Pick<ClockTrust, 'level' | 'steps' | 'mark' | 'look'>;
  bootId: string;
  clock: Clock;
  random: () => number;
  log: Log;
}): Source {
  const { config, ledger, outbox, deliveries, pictures, trust, clock, random, changed } = options;
  const { name } = config;
  const log = options.log.child({ source: name });
  const zone = config.zone ?? options.agent.zone;
  const folder = config.watchedFolder.path ?? join(options.agent.dataFolder, 'sources', name);

  const camera = openSourceCamera({
    ...options,
    zone: options.agent.zone,
    keepFolder: join(folder, '.capture', 'copies'),
    roomMs() {
      const next = schedule?.calendar.next(clock.now());
      return next === undefined ? undefined : next - clock.now();
    },
    log,
  });
  const assets = createAssets({
    ledger,
    source: name,
    outbox,
    deliveries,
    clock,
    filed(row, preview) {
      tellTrueTimes();
      options.filed(name, row.path, preview);
    },
  });
  const captures: Captures = createCaptures(ledger, name, outbox, clock);
  const operation = pictureOperation(
    withRoom(pictures.operation(config.process), {
      // Without steps a result is a further name of the original, which takes no room.
      mayProcess: () => (config.process.length > 0 ? options.mayProcess(name) : { ok: true }),
      madeOf: options.purges.madeOf,
    }),
  );
  const watched = createWatchedFolder({
    name,
    folder,
    settings: config.watchedFolder,
    zone,
    // Which job has taken which captured file is told before anything comes of it.
    operation(job, signal) {
      captures.claimed(job.jobId, job.name);
      return operation(job, signal);
    },
    books: {
      ...assets.books,
      rejected(rejection) {
        assets.books.rejected(rejection);
        captures.rejected(rejection.jobId, rejection.reason);
      },
    },
    known: assets.seq() > 0,
    mayDelete: options.mayDelete,
    clock,
    random,
    log,
  });
  const due = scheduleOf(config, zone, options.agent.location);
  const isClockBelieved = () => trust.level() !== 'wrong';
  const schedule =
    due && openSchedule({ source: name, schedule: due, zone, ledger, now: () => clock.now(), isClockBelieved });
  let stepsSeen = 0;
  async function clockWasSet(): Promise<boolean> {
    await trust.look();
    const before = stepsSeen;
    stepsSeen = trust.steps();
    return stepsSeen !== before;
  }
  const nameAt = (at: number) =>
    placeOf(config.pictureName, { name: '', capturedAt: at, zone, jobId: '', folderName: name }, '').name;
  const trueTimes = createTrueTimes(ledger, name, outbox);
  /** Also those of pictures that were filed since. */
  function tellTrueTimes(): void {
    trueTimes.tell((at, told) => `${nameAt(at)}${/\.[^.]*$/.exec(told)?.[0] ?? ''}`);
  }
  const { destinations } = config;
  const filterOf = (d: string) => options.agent.destinations.find((one) => one.name === d)?.filter;
  const cardCopies = createCardCopies({ ledger, source: name, destinations, clock });
  const capturer = createCapturer({
    source: name,
    camera: rememberingCopies(camera, cardCopies.add, (error) =>
      log.warn({ error: String(error) }, 'copies on the card stay there: they could not be written down'),
    ),
    schedule: schedule && { ...schedule, clockWasSet },
    zone,
    captures,
    nameAt,
    mark: trust.mark,
    async submit(file, fileName, isComplete) {
      const taken = await watched.submit(file, fileName, isComplete);
      // What a capture of an earlier time left says nothing of the time now.
      if (isComplete) options.captured(taken, clock.now());
      return taken;
    },
    // A folder on a disk that is not mounted must not be made on the mount point.
    ready: () => watched.open(),
    mayCapture: () => options.mayCapture(name),
    workFolder: join(folder, '.capture'),
    nextNumber: assets.nextCapture,
    changed,
    clock,
    log,
  });

  const freesCard = config.camera.type === 'gphoto2' && config.camera.keepOnCard === 'until-delivered';
  /** A capture that is due must not wait for the card. */
  function mayReleaseCard(): boolean {
    const { capturing, nextAt } = capturer.condition();
    return (
      (!capturing || camera.awaitsRoom?.() === true) &&
      (nextAt === null || nextAt - clock.now() > Math.min(CARD_ROOM_MS, (config.every ?? CARD_ROOM_MS) / 2))
    );
  }

  /** What the audit says of the storage: it has the ledger's files, or it has not, or nobody has looked yet. */
  let audited: 'sound' | 'doubted' | undefined;
  const hasMarker = () => existsSync(join(folder, MARKER));
  const isPresent = () => audited !== 'doubted' && hasMarker();
  const rebuild = createRebuild(ledger, name);
  const found = () => (audited === 'doubted' ? 'absent' : watched.storage());
  const storage = () => (rebuild.isWhole() ? found() : 'absent');
  const rebuilding = () => !rebuild.isWhole() && found() === 'present';

  async function audit(before: number, signal: AbortSignal): Promise<boolean> {
    let wentThrough = false;
    await watched.open();
    const look = () =>
      auditSource({
        folder,
        assets,
        walk: (root) => walk(root, { signal }),
        isPresent: hasMarker,
        before,
        capturedAt: (fileName, modifiedAt) => stampedAt(fileName, zone) ?? modifiedAt,
        judged(isDoubted) {
          audited = isDoubted ? 'doubted' : 'sound';
          wentThrough = !isDoubted;
          changed();
        },
        log,
        signal,
      });
    let { whole } = await look();
    // What a job was just naming is filed in a moment.
    for (let tries = 0; tries < 2 && !whole && wentThrough && !rebuild.isWhole() && !signal.aborted; tries++) {
      await clock.sleep(JUST_NAMED_MS, signal);
      ({ whole } = await look());
    }
    if (whole && !rebuild.isWhole()) {
      rebuild.ended();
      changed();
    }
    return wentThrough && rebuild.isWhole();
  }

  return {
    name,
    folder,
    config,
    capturer,
    watched,
    assets,
    isPresent,
    trustsAbsence: () => audited === 'sound' && hasMarker(),
    storage,
    rebuilding,
    clockRaised(level, offsetMs) {
      const known = { trust: level, lesser: lesserTrust(level), bootId: options.bootId, offsetMs, now: clock.now() };
      const corrected = retell({ trueTimes, schedule, ...known });
      if (corrected > 0)
        log.warn({ corrected }, 'pictures were named by a wrong clock: they have their true times now');
      tellTrueTimes();
      schedule?.keeper.open();
      changed();
    },
    clockStepped: ({ from, to }) => {
      if (to > from) schedule?.keeper.passed(to, CLOCK_STEP);
      changed();
    },
    slotDays: () => schedule?.lastDays(SLOT_DAYS_TOLD),
    filters() {
      const pairs = destinations.map((d) => [d, filterOf(d)] as const);
      return Object.fromEntries(pairs.filter((pair): pair is [string, DestinationFilter] => pair[1] !== undefined));
    },
    state(conditionOf) {
      const { capturing, nextAt } = capturer.condition();
      const { waiting, staged, failures } = watched.condition();
      const failure = captures.lastFailure();
      return {
        name,
        camera: camera.description,
        condition: camera.condition?.(),
        zone,
        capturing,
        everyMs: config.every ?? null,
        cron: config.cron ?? null,
        lastCaptureAt: captures.lastCapturedAt() ?? null,
        nextCaptureAt: nextAt,
        lastFailure: failure ?? null,
        ...(schedule && { schedule: schedule.text, slots: schedule.figures() }),
        waiting: waiting + staged,
        failures,
        generation: ledger.generation,
        seq: assets.seq(),
        held: assets.held(),
        storage: storage(),
        ...(rebuilding() && { rebuilding: true }),
        destinations: config.destinations.map((d) =>
          destinationState(name, d, deliveries, conditionOf(d), filterOf(d)),
        ),
      };
    },
    async run(signal) {
      const startedAt = clock.now();
      if (config.deliverExisting) for (const d of config.destinations) deliveries.oweExisting(name, d);
      // Before the folder works: a picture whose hand-over was cut short has two names until then, and is told by them.
      await capturer
        .recover()
        .catch((error: unknown) =>
          log.warn({ error: String(error) }, 'what captures have left could not be looked at'),
        );
      const folderRuns = watched.run(signal);
      const cards = freesCard
        ? releaseCards({ camera, copies: cardCopies, mayRelease: mayReleaseCard, clock, log }, signal)
        : undefined;
      await Promise.all([
        folderRuns,
        whileRoomComes(capturer.run, { clock, log, signal }),
        auditEachDay((before) => audit(before, signal), { startedAt, clock, log }, signal),
        cards,
      ]);
    },
    async [Symbol.asyncDispose]() {
      await watched[Symbol.asyncDispose]();
      await camera[Symbol.asyncDispose]();
    },
  };
}

/** A device that was away for longer has told of the days before in its states. */
const SLOT_DAYS_TOLD = 14;
const JUST_NAMED_MS = 1_000;
/** A session with the card takes no longer. */
const CARD_ROOM_MS = 30_000;
