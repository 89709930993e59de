import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Camera, CapturedFile } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { stamp } from '@vigie/shared/kit/zone';
import type { Captures, TakenAt } from '../store/captures.ts';
import { runDrops } from './drop-loop.ts';
import { namesFor } from './file-names.ts';
import { clearFolder, freshFolder, handOverLeft } from './left-files.ts';
import { BUSY, type Prepared, runSlots, type Schedule } from './slot-loop.ts';

/** Takes a source's pictures, on schedule and on demand, into the root of its watched folder's input: one at a time. */
export type Capturer = {
  /**
   * Hands over what earlier captures have left: pictures that a crash, a power cut or a full disk kept from entering
   * input. Captures that were cut short are told as failed where they left none. Every capture does this first.
   */
  recover(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
  /** Takes one picture now; returns the names under which its files entered input. For a slot that has no picture, it is that slot's. */
  capture(slotAt: number, signal?: AbortSignal): Promise<string[]>;
  condition(): { capturing: boolean; nextAt: number | null };
};

export type CapturerOptions = {
  source: string;
  camera: Camera;
  /** Absent where pictures are taken on demand alone. */
  schedule: Schedule | undefined;
  zone: string;
  captures: Captures;
  /** The name of a picture without its extension; its stamp where absent. */
  nameAt?: ((at: number) => string) | undefined;
  /** Now, so that it can be corrected where the clock is wrong. */
  mark?: (() => TakenAt) | undefined;
  /** Resolves when the watched folder can take files; throws why it cannot. */
  ready: () => Promise<void>;
  /** Asked before each capture: where there is no room for a picture, its slot fails as `disk-full` and the camera is left alone. */
  mayCapture?: () => { ok: true } | { ok: false; reason: string };
  /** Brings a file into input durably, under a free name; returns the name. One that is not known to be complete is watched first. */
  submit: (file: string, name: string, isComplete: boolean) => Promise<string>;
  /** A folder on the watched folder's file system for files that are not complete yet. */
  workFolder: string;
  nextNumber: () => number;
  changed: () => void;
  clock: Clock;
  log: Log;
};

const CUT_SHORT = { code: 'agent-stopped', message: 'the agent stopped during this capture' };

export function createCapturer(options: CapturerOptions): Capturer {
  const { source, camera, schedule, zone, captures, clock, log } = options;
  const nameAt = options.nameAt ?? ((at: number) => stamp(at, zone));
  const mark = options.mark ?? (() => ({ takenAt: clock.now(), bootId: '', bootMs: 0, trust: 'plausible' as const }));
  const folderOf = (id: number) => join(options.workFolder, String(id));
  /** Captures that are under way or prepared, by id. */
  const active = new Set<number>();
  let capturing = 0;
  let endedAt = -Infinity;
  let nextAt: number | null = null;

  let recovering: Promise<void> | undefined;
  /** One at a time: two would hand the same picture over twice. */
  function recover(): Promise<void> {
    recovering ??= recoverNow().finally(() => {
      recovering = undefined;
    });
    return recovering;
  }

  async function recoverNow(): Promise<void> {
    await options.ready();
    const isActive = (id: number) => active.has(id);
    const cutShort = captures.running().filter(({ id }) => !isActive(id));
    const isKnown = (id: number) => cutShort.some((one) => one.id === id);
    const handedOver = await handOverLeft({
      workFolder: options.workFolder,
      isActive,
      zone,
      bringIn: ({ id, path, at, extension }) => {
        const [name] = namesFor(nameAt(at), [extension], captures.isWaiting) as [string];
        // What an earlier ledger has left is nobody's capture in this one.
        return isKnown(id) ? enterAs(id, path, name, false) : options.submit(path, name, false);
      },
      log,
    });
    for (const { id, slotAt } of cutShort) {
      if (handedOver.has(id)) captures.captured(id);
      else captures.failed(id, slotAt, CUT_SHORT);
    }
  }

  /** Told before it is done: a crash in between leaves a name that the ledger knows. */
  async function enterAs(id: number, path: string, name: string, isComplete: boolean): Promise<string> {
    const file = captures.file(id, name);
    const taken = await options.submit(path, name, isComplete);
    if (taken !== name) captures.named(file, taken);
    return taken;
  }

  async function makeReady(id: number): Promise<void> {
    await recover();
    await freshFolder(folderOf(id));
  }

  /** Everything that needs no camera, ahead of time. What fails here is tried again when the slot is due. */
  async function prepare(slotAt: number, day: string): Promise<Prepared> {
    const id = captures.prepare(slotAt, day);
    active.add(id);
    try {
      await makeReady(id);
      return { id, slotAt, number: options.nextNumber(), isReady: true };
    } catch (error) {
      log.debug({ source, code: codeOf(error) }, `a capture is not ready yet: ${messageOf(error)}`);
      return { id, slotAt, number: 0, isReady: false };
    }
  }

  function abandon({ id }: Prepared): void {
    active.delete(id);
    captures.abandon(active);
  }

  /** One attempt; what came of it is in the ledger either way. */
  async function attempt(slotAt: number, signal?: AbortSignal, prepared?: Prepared): Promise<Outcome> {
    const id = prepared?.id ?? captures.begin(slotAt);
    active.add(id);
    capturing += 1;
    options.changed();
    try {
      const allowed = options.mayCapture?.() ?? { ok: true };
      if (!allowed.ok) throw new VigieError('disk-full', `capture: ${allowed.reason}`, { retryable: true });
      if (!prepared?.isReady) await makeReady(id);
      const sequence = prepared?.isReady ? prepared.number : options.nextNumber();
      const when = mark();
      const request = { folder: folderOf(id), at: when.takenAt, zone, source, sequence };
      const shot = camera.capture(request, signal);
      // The camera is at work meanwhile: this takes none of its time.
      const [files] = await Promise.all([shot, tellTaking(id, when)]);
      const names = await enter(id, when, files);
      captures.captured(id);
      await clearFolder(folderOf(id));
      return { names };
    } catch (error) {
      log.warn({ source, code: codeOf(error) }, messageOf(error));
      if (captures.takenAt(id) === undefined) captures.taking(id, mark());
      captures.failed(id, slotAt, { code: codeOf(error), message: messageOf(error) });
      return { error };
    } finally {
      active.delete(id);
      capturing -= 1;
      endedAt = clock.now();
      options.changed();
    }
  }

  const tellTaking = async (id: number, when: TakenAt) => captures.taking(id, when);

  async function enter(id: number, when: TakenAt, files: CapturedFile[]): Promise<string[]> {
    if (files.length === 0) throw new VigieError('camera-refused', 'capture: the camera gave no file');
    for (const { path } of files) {
      if ((await stat(path)).size === 0)
        throw new VigieError('camera-refused', 'capture: the camera gave an empty file');
    }
    if (camera.drops) return enterDropped(id, when, files);
    // A camera that was tried again took the picture later than it was told to.
    const takenAt = files[0]?.takenAt ?? when.takenAt;
    const lateMs = Math.round(takenAt - when.takenAt);
    if (lateMs !== 0) captures.taking(id, { ...when, takenAt, bootMs: when.bootMs + lateMs });
    const extensions = files.map(({ extension }) => extension);
    const names = namesFor(nameAt(takenAt), extensions, captures.isWaiting);
    const entered: string[] = [];
    for (const [index, { path }] of files.entries())
      entered.push(await enterAs(id, path, names[index] as string, true));
    return entered;
  }

  /** Something else took these pictures, each at its time and by its own clock, which a setting of this one does not correct. */
  async function enterDropped(id: number, when: TakenAt, files: CapturedFile[]): Promise<string[]> {
    captures.taking(id, { ...when, trust: 'synchronised' });
    const entered: string[] = [];
    for (const [at, group] of Map.groupBy(files, (file) => file.takenAt ?? when.takenAt)) {
      const extensions = group.map(({ extension }) => extension);
      const names = namesFor(nameAt(at), extensions, captures.isWaiting);
      for (const [index, { path }] of group.entries()) {
        entered.push(await enterAs(id, path, names[index] as string, true));
      }
    }
    return entered;
  }

  let turn: Promise<unknown> = Promise.resolve();
  /** One after the other: a camera takes one picture at a time. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch((error: unknown) => log.debug({ source, code: codeOf(error) }, messageOf(error)));
    return mine;
  }

  async function run(signal: AbortSignal): Promise<void> {
    if (!schedule) {
      const attemptInTurn = (slotAt: number, stop: AbortSignal) => inTurn(() => attempt(slotAt, stop));
      if (camera.drops) await runDrops({ drops: camera.drops, attempt: attemptInTurn, clock, log }, signal);
      return;
    }
    const awaits = (at: number | null) => {
      nextAt = at;
    };
    function busy(slotAt: number, day: string): void {
      const id = captures.prepare(slotAt, day);
      captures.taking(id, mark());
      captures.failed(id, slotAt, BUSY);
    }
    await runSlots(
      { schedule, prepare, abandon, attempt, busy, inTurn, awaits, endedAt: () => endedAt, clock },
      signal,
    );
  }

  async function capture(slotAt: number, signal?: AbortSignal): Promise<string[]> {
    const outcome = await inTurn(() => attempt(slotAt, signal));
    if ('error' in outcome) throw outcome.error;
    return outcome.names;
  }

  return { recover, run, capture, condition: () => ({ capturing: capturing > 0, nextAt }) };
}

export type Outcome = { names: string[] } | { error: unknown };
