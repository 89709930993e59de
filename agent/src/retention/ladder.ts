import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { DiskSpace } from '../health/disk.ts';
import type { DiskForecast } from '../health/disk-forecast.ts';
import type { Cleaning } from './cleaning.ts';
import type { Deletion } from './deletion.ts';
import type { DiskConfig } from './disk-config.ts';
import type { Reserve } from './reserve.ts';
import { markOf, RUNGS, type Rung, rungOf, shortfall } from './watermarks.ts';

/** May it be done now? `reason` is for a person. */
export type Allowed = { ok: true } | { ok: false; reason: string };

/** How one file system is. `forecast` is undefined while too little is known. */
export type VolumeCondition = { space: DiskSpace; rung: Rung; forecast: DiskForecast | undefined };

/**
 * The disk-full ladder: remove derivatives → remove proved files, oldest first → stop processing → skip captures, and count them. Each
 * file system has its own rung; where the ledger's is full, it is full for every source, since nothing could be written down.
 */
export type Ladder = {
  /** Looks at all disks and does what their rungs ask for. It never throws: what fails is told in the log and tried again. */
  look(signal?: AbortSignal): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
  /** Asked once before each capture: a no is counted as one that was skipped. */
  mayCapture(source: string): Allowed;
  /** Asked before something is made that takes room. */
  mayProcess(source: string): Allowed;
  /** A destination has proved something: what could not be removed before may go now. */
  proved(): void;
  /** Captures skipped since the start. */
  skipped(): number;
  /** Of the source's file system, or without a source of the ledger's; undefined before the first look. */
  condition(source?: string): VolumeCondition | undefined;
};

type Volume = VolumeCondition & { name: string; sources: string[] };

export type LadderOptions = {
  config: DiskConfig;
  /** Where the ledger lies. */
  ledgerFolder: string;
  sources: readonly string[];
  /** The root of a source's watched folder, or undefined while its storage is absent. */
  rootOf: (source: string) => Promise<string | undefined>;
  /** Names the file system that holds a path. */
  deviceOf: (path: string) => Promise<string>;
  spaceOf: (path: string) => Promise<DiskSpace>;
  cleaning: Cleaning;
  deletion: Pick<Deletion, 'finish'>;
  /** Nothing more may go: have destinations prove better what they hold. */
  proveMore: (sources: readonly string[]) => void;
  reserve: Reserve;
  /** Notes the room for the forecast and says what follows from all that is known. */
  sampled: (volume: string, space: DiskSpace) => DiskForecast | undefined;
  /** A higher rung has been reached. */
  reached: (rung: Rung, freeBytes: number) => void;
  changed: () => void;
  clock: Clock;
  log: Log;
};

/** Cleaning that found nothing to remove is not tried again for so long, unless something has been proved since. */
const EXHAUSTED_FOR_MS = 300_000;
/** Between two looks at least. */
const PAUSE_MS = 2_000;

export function createLadder(options: LadderOptions): Ladder {
  const { config, ledgerFolder, clock, log } = options;
  let volumes = new Map<string, Volume>();
  let ledgerDevice: string | undefined;
  const deviceBySource = new Map<string, string>();
  const exhaustedAt = new Map<string, number>();
  let provedSince = false;
  let skipped = 0;
  let waking = new AbortController();

  /** File systems with the sources that lie on them. An absent source keeps its place and is not looked at. */
  async function places(): Promise<Map<string, { path: string; sources: string[] }>> {
    ledgerDevice = await options.deviceOf(ledgerFolder);
    const found = new Map([[ledgerDevice, { path: ledgerFolder, sources: [] as string[] }]]);
    deviceBySource.clear();
    for (const source of options.sources) {
      const root = await options.rootOf(source);
      if (root === undefined) continue;
      const device = await options.deviceOf(root);
      const place = found.get(device) ?? { path: root, sources: [] };
      place.sources.push(source);
      found.set(device, place);
      deviceBySource.set(source, device);
    }
    return found;
  }

  async function lookAt(device: string, path: string, sources: string[], signal?: AbortSignal): Promise<Volume> {
    const before = volumes.get(device)?.rung ?? 'room';
    const holdsLedger = device === ledgerDevice;
    let space = await options.spaceOf(path);
    let rung = rungOf(space, config, config.marginPercent, before);
    if (rung !== 'room') {
      if (holdsLedger && rung === 'skip-captures' && (await options.reserve.release()))
        log.warn({ freeBytes: space.freeBytes }, 'the disk is full: the reserve was given up to clean up');
      await clean(device, path, sources, signal);
      space = await options.spaceOf(path);
      rung = rungOf(space, config, config.marginPercent, rung);
    }
    if (holdsLedger && rung === 'room') await keepReserve(space);
    const name = sources[0] ?? '';
    if (RUNGS.indexOf(rung) > RUNGS.indexOf(before)) {
      log.warn({ rung, freeBytes: space.freeBytes, sources }, 'the disk fills up');
      options.reached(rung, space.freeBytes);
    }
    return { name, sources, space, rung, forecast: options.sampled(holdsLedger ? '' : name, space) };
  }

  async function clean(device: string, path: string, sources: string[], signal?: AbortSignal): Promise<void> {
    const since = exhaustedAt.get(device);
    if (since !== undefined && clock.monotonic() - since < EXHAUSTED_FOR_MS) return;
    const need = async () => shortfall(await options.spaceOf(path), config.clean, config.marginPercent);
    await options.cleaning.run(sources, need, signal);
    const left = await need();
    if (left.bytes === 0 && left.inodes === 0) exhaustedAt.delete(device);
    else {
      exhaustedAt.set(device, clock.monotonic());
      options.proveMore(sources);
    }
  }

  /** Only from room that is beyond every mark, so that the reserve itself is never what fills the disk. */
  async function keepReserve(space: DiskSpace): Promise<void> {
    const bytes = Math.floor(Math.min(config.reserve, space.totalBytes / 20));
    const { bytes: marked } = markOf(space, config.clean);
    if (space.freeBytes - bytes > marked * (1 + config.marginPercent / 100)) await options.reserve.make(bytes);
  }

  async function look(signal?: AbortSignal): Promise<void> {
    if (provedSince) exhaustedAt.clear();
    provedSince = false;
    try {
      await options.deletion.finish();
    } catch (error) {
      log.warn({ code: codeOf(error) }, `removals that were cut short wait: ${messageOf(error)}`);
    }
    const next = new Map<string, Volume>();
    try {
      for (const [device, { path, sources }] of await places()) {
        try {
          next.set(device, await lookAt(device, path, sources, signal));
        } catch (error) {
          log.warn({ code: codeOf(error), path }, `the disk could not be looked after: ${messageOf(error)}`);
          const space = await options.spaceOf(path);
          const rung = rungOf(space, config, config.marginPercent, volumes.get(device)?.rung ?? 'room');
          next.set(device, { name: sources[0] ?? '', sources, space, rung, forecast: volumes.get(device)?.forecast });
        }
      }
      volumes = next;
    } catch (error) {
      log.warn({ code: codeOf(error) }, `the disks could not be looked at: ${messageOf(error)}`);
    }
    options.changed();
  }

  const volumeOf = (source: string | undefined): Volume | undefined =>
    volumes.get((source === undefined ? undefined : deviceBySource.get(source)) ?? ledgerDevice ?? '');

  function allowed(source: string, below: Rung, what: string): Allowed {
    for (const volume of [volumeOf(source), volumeOf(undefined)]) {
      if (!volume || RUNGS.indexOf(volume.rung) < RUNGS.indexOf(below)) continue;
      const { freeBytes, totalBytes } = volume.space;
      return { ok: false, reason: `the disk is full (${freeBytes} of ${totalBytes} bytes are free): ${what}` };
    }
    return { ok: true };
  }

  return {
    look,
    async run(signal) {
      while (!signal.aborted) {
        await look(signal);
        // Proofs may come many a second, and each look goes through what is held.
        const pause = Math.min(PAUSE_MS, config.lookEvery);
        await clock.sleep(pause, signal);
        if (provedSince && exhaustedAt.size > 0) continue;
        await clock.sleep(config.lookEvery - pause, AbortSignal.any([signal, waking.signal]));
      }
    },
    mayCapture(source) {
      const answer = allowed(source, 'skip-captures', 'captures are skipped until there is room');
      if (!answer.ok) skipped += 1;
      return answer;
    },
    mayProcess: (source) => allowed(source, 'stop-processing', 'nothing is made until there is room'),
    proved() {
      provedSince = true;
      // Only a disk that is short waits for proofs.
      if (exhaustedAt.size === 0) return;
      waking.abort();
      waking = new AbortController();
    },
    skipped: () => skipped,
    condition: volumeOf,
  };
}
