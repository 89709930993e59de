import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Camera } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { stamp } from '@vigie/shared/kit/zone';
import type { Captures } from '../store/captures.ts';
import { clearFolder, handOverLeft } from './left-files.ts';
import { nextSlot, type Schedule } from './schedule.ts';

/** Takes a source's pictures, on schedule and on demand, into the root of its watched folder's input. */
export type Capturer = {
  /**
   * Hands over what earlier captures have left: pictures that a crash, a power cut or a full disk kept from entering
   * input. Captures that were cut short are told as failed where they left none. Every capture does this first.
   */
  recover(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
  /** Takes one picture now; returns the names under which its files entered input. */
  capture(slotAt: number, signal?: AbortSignal): Promise<string[]>;
  condition(): { capturing: boolean; nextAt: number | null };
};

export type CapturerOptions = {
  source: string;
  camera: Camera;
  schedule: Schedule | undefined;
  zone: string;
  captures: Captures;
  /** Resolves when the watched folder can take files; throws why it cannot. */
  ready: () => Promise<void>;
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

/** The clock is looked at this often while the next slot is far: it may have been set. */
const LOOK_EVERY_MS = 10_000;

export function createCapturer(options: CapturerOptions): Capturer {
  const { source, camera, schedule, zone, captures, submit, clock, log } = options;
  /** Captures that are under way, by id. */
  const active = new Set<number>();
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
    const handedOver = await handOverLeft({ workFolder: options.workFolder, isActive, submit, zone, log });
    for (const { id, slotAt } of cutShort) {
      if (handedOver.has(id)) captures.captured(id);
      else captures.failed(id, slotAt, CUT_SHORT);
    }
  }

  /** One attempt; what came of it is in the ledger either way. */
  async function attempt(slotAt: number, signal?: AbortSignal): Promise<{ names: string[] } | { error: unknown }> {
    const id = captures.begin(slotAt);
    const folder = join(options.workFolder, String(id));
    active.add(id);
    options.changed();
    try {
      await recover();
      await clearFolder(folder);
      await mkdir(folder, { recursive: true });
      const at = clock.now();
      const files = await camera.capture({ folder, at, zone, source, sequence: options.nextNumber() }, signal);
      if (files.length === 0) throw new VigieError('camera-refused', 'capture: the camera gave no file');
      const names: string[] = [];
      for (const file of files) names.push(await submit(file.path, `${stamp(at, zone)}.${file.extension}`, true));
      captures.captured(id);
      await clearFolder(folder);
      return { names };
    } catch (error) {
      log.warn({ source, code: codeOf(error) }, messageOf(error));
      captures.failed(id, slotAt, { code: codeOf(error), message: messageOf(error) });
      return { error };
    } finally {
      active.delete(id);
      options.changed();
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    if (!schedule) return;
    let after = clock.now();
    while (!signal.aborted) {
      const slotAt = nextSlot(schedule, after);
      if (slotAt === undefined) return;
      nextAt = slotAt;
      while (!signal.aborted && clock.now() < slotAt) {
        await clock.sleep(Math.min(slotAt - clock.now(), LOOK_EVERY_MS), signal);
        // A clock that was set back makes the slot far again: the schedule is asked anew, from the new time.
        if (slotAt - clock.now() > LOOK_EVERY_MS * 2 && (nextSlot(schedule, clock.now()) ?? slotAt) < slotAt) break;
      }
      if (signal.aborted) return;
      if (clock.now() < slotAt) {
        after = clock.now();
        continue;
      }
      await attempt(slotAt, signal);
      after = missed(slotAt);
    }
  }

  /** Slots that passed while the camera was busy are told as failed, each; the next one to wait for follows them. */
  function missed(last: number): number {
    const now = clock.now();
    let slot = schedule && nextSlot(schedule, last);
    let after = last;
    for (let told = 0; slot !== undefined && slot < now; told++) {
      if (told < MISSED_MAX) {
        const failure = { code: 'camera-busy', message: 'the capture before it had not ended' };
        captures.failed(captures.begin(slot), slot, failure);
      }
      after = slot;
      slot = schedule && nextSlot(schedule, slot);
    }
    return after;
  }

  async function capture(slotAt: number, signal?: AbortSignal): Promise<string[]> {
    const outcome = await attempt(slotAt, signal);
    if ('error' in outcome) throw outcome.error;
    return outcome.names;
  }

  return { recover, run, capture, condition: () => ({ capturing: active.size > 0, nextAt }) };
}

/** A clock that jumps ahead by years does not fill the ledger with missed slots. */
const MISSED_MAX = 100;
