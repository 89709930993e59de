import { join } from 'node:path';
import { openCamera } from '@vigie/hardware/camera/open';
import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { stampedAt } from '@vigie/shared/kit/zone';
import type { SourceState } from '@vigie/shared/protocol/messages';
import { walk } from '@vigie/shared/remote/walk';
import { type Capturer, createCapturer } from './capture/capturer.ts';
import type { AgentConfig, SourceConfig } from './config.ts';
import type { Condition } from './deliver/deliverer.ts';
import { destinationState } from './hub-link/state.ts';
import { auditSource } from './inventory/audit.ts';
import type { PictureProcess } from './process/picture-process.ts';
import { type Assets, createAssets } from './store/assets.ts';
import { type Captures, createCaptures } from './store/captures.ts';
import type { Deliveries } from './store/deliveries.ts';
import type { Ledger } from './store/ledger.ts';
import type { Outbox } from './store/outbox.ts';
import { createWatchedFolder, type WatchedFolder } from './watched-folder/watched-folder.ts';

/** One source at work: camera → watched folder → ledger, in the order of the data path. */
export type Source = AsyncDisposable & {
  readonly name: string;
  readonly folder: string;
  readonly config: SourceConfig;
  readonly capturer: Capturer;
  readonly watched: WatchedFolder;
  readonly assets: Assets;
  state(conditionOf: (destination: string) => Condition): SourceState;
  run(signal: AbortSignal): Promise<void>;
};

export function openSource(options: {
  config: SourceConfig;
  agent: Pick<AgentConfig, 'zone' | 'dataFolder'>;
  ledger: Ledger;
  outbox: Outbox;
  deliveries: Deliveries;
  fontFile: string;
  pictures: PictureProcess;
  /** An asset has been filed; `preview` is a JPEG of at most 20 KB, or null. */
  filed: (source: string, path: string, preview: Buffer | null) => void;
  changed: () => void;
  clock: Clock;
  random: () => number;
  log: Log;
}): Source {
  const { config, ledger, outbox, deliveries, pictures, clock, random, changed } = options;
  const { name } = config;
  const log = options.log.child({ source: name });
  const zone = config.zone ?? options.agent.zone;
  const folder = config.watchedFolder.path ?? join(options.agent.dataFolder, 'sources', name);

  const camera = openCamera(config.camera, {
    fontFile: options.fontFile,
    drawTestPicture: pictures.drawTestPicture,
  });
  const assets = createAssets({
    ledger,
    source: name,
    outbox,
    deliveries,
    clock,
    filed: (row, preview) => options.filed(name, row.path, preview),
  });
  const watched = createWatchedFolder({
    name,
    folder,
    settings: config.watchedFolder,
    zone,
    operation: pictures.operation(config.process),
    books: assets.books,
    known: assets.held().count > 0,
    clock,
    random,
    log,
  });
  const captures: Captures = createCaptures(ledger, name, outbox, clock);
  const schedule =
    config.every !== undefined
      ? { everyMs: config.every }
      : config.cron !== undefined
        ? { cron: config.cron, zone }
        : undefined;
  const capturer = createCapturer({
    source: name,
    camera,
    schedule,
    zone,
    captures,
    submit: (file, fileName, isComplete) => watched.submit(file, fileName, isComplete),
    // A folder on a disk that is not mounted must not be made on the mount point.
    ready: () => watched.open(),
    workFolder: join(folder, '.capture'),
    nextNumber: assets.nextCapture,
    changed,
    clock,
    log,
  });

  return {
    name,
    folder,
    config,
    capturer,
    watched,
    assets,
    state(conditionOf) {
      const { capturing, nextAt } = capturer.condition();
      const { waiting, staged, failures } = watched.condition();
      const failure = captures.lastFailure();
      return {
        name,
        camera: camera.description,
        zone,
        capturing,
        everyMs: config.every ?? null,
        cron: config.cron ?? null,
        lastCaptureAt: captures.lastCapturedAt() ?? null,
        nextCaptureAt: nextAt,
        lastFailure: failure ?? null,
        waiting: waiting + staged,
        failures,
        generation: ledger.generation,
        seq: assets.seq(),
        held: assets.held(),
        storage: watched.storage(),
        destinations: config.destinations.map((d) => destinationState(name, d, deliveries, conditionOf(d))),
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
      const audit = watched
        .open()
        .then(() =>
          auditSource({
            source: name,
            folder,
            assets,
            walk: (root) => walk(root, { signal }),
            storage: () => watched.storage(),
            before: startedAt,
            capturedAt: (fileName, modifiedAt) => stampedAt(fileName, zone) ?? modifiedAt,
            log,
            signal,
          }),
        )
        .catch((error: unknown) => log.warn({ error: String(error) }, 'the ledger could not be held against the disk'));
      await Promise.all([folderRuns, capturer.run(signal), audit]);
    },
    async [Symbol.asyncDispose]() {
      await watched[Symbol.asyncDispose]();
      await camera[Symbol.asyncDispose]();
    },
  };
}
