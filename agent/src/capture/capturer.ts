import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Camera } from '@vigie/hardware/camera/camera';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { stamp } from '@vigie/shared/kit/zone';
import type { Captures } from '../store/captures.ts';
import { nextSlot, type Schedule } from './schedule.ts';

/** Takes a source's pictures, on schedule and on demand, into the root of its watched folder's input. */
export type Capturer = {
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
  /** Brings a complete file into input durably, under a free name; returns the name. */
  submit: (file: string, name: string) => Promise<string>;
  /** A folder on the watched folder's file system for files that are not complete yet. */
  workFolder: string;
  nextNumber: () => number;
  changed: () => void;
  clock: Clock;
  log: Log;
};

/** The clock is looked at this often while the next slot is far: it may have been set. */
const LOOK_EVERY_MS = 10_000;

export function createCapturer(options: CapturerOptions): Capturer {
  const { source, camera, schedule, zone, captures, submit, clock, log } = options;
  let capturing = false;
  let nextAt: number | null = null;

  /** One attempt; what came of it is in the ledger either way. */
  async function attempt(slotAt: number, signal?: AbortSignal): Promise<{ names: string[] } | { error: unknown }> {
    const id = captures.begin(slotAt);
    const folder = join(options.workFolder, String(id));
    capturing = true;
    options.changed();
    try {
      await options.ready();
      await mkdir(folder, { recursive: true });
      const at = clock.now();
      const files = await camera.capture({ folder, at, zone, source, sequence: options.nextNumber() }, signal);
      if (files.length === 0) throw new VigieError('camera-refused', 'capture: the camera gave no file');
      const names: string[] = [];
      for (const file of files) names.push(await submit(file.path, `${stamp(at, zone)}.${file.extension}`));
      captures.captured(id);
      return { names };
    } catch (error) {
      log.warn({ source, code: codeOf(error) }, messageOf(error));
      captures.failed(id, slotAt, { code: codeOf(error), message: messageOf(error) });
      return { error };
    } finally {
      capturing = false;
      await rm(folder, { recursive: true, force: true });
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

  return { run, capture, condition: () => ({ capturing, nextAt }) };
}

/** A clock that jumps ahead by years does not fill the ledger with missed slots. */
const MISSED_MAX = 100;
