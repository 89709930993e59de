import { GphotoError } from './gphoto2-calls.ts';
import type { OpenCamera, Widget } from './gphoto2-library.ts';
import {
  type CaptureTarget,
  isAllowed,
  isSameValue,
  type SessionError,
  targetChoice,
  valueFor,
} from './gphoto2-order.ts';

/** A camera that works on a setting shows its new value late. */
const READ_BACK_TRIES = 6;
const READ_BACK_PAUSE_MS = 100;

/** libgphoto2's numbers for "there is no such setting". */
const UNKNOWN = new Set([-2, -6, -1]);

/** Gives the camera the settings that it does not have yet, each read back; the first one that cannot be had ends it. */
export async function applySettings(
  camera: OpenCamera,
  settings: Readonly<Record<string, string>>,
): Promise<SessionError | undefined> {
  for (const [setting, wanted] of Object.entries(settings)) {
    const fault = await applySetting(camera, setting, wanted);
    if (fault) return fault;
  }
  return undefined;
}

const TARGET = 'capturetarget';

/** A camera without this setting has nothing but its card. */
export async function applyTarget(camera: OpenCamera, target: CaptureTarget): Promise<SessionError | undefined> {
  const widget = await readSetting(camera, TARGET);
  const choice = widget && targetChoice(target, widget.choices);
  if (choice !== undefined) return applySetting(camera, TARGET, choice);
  if (target === 'card') return undefined;
  const [is, choices] = [widget?.value ?? null, widget?.choices ?? []];
  return { setting: TARGET, wanted: target, is, choices, why: widget ? 'not-allowed' : 'unknown' };
}

async function applySetting(camera: OpenCamera, setting: string, wanted: string): Promise<SessionError | undefined> {
  const widget = await readSetting(camera, setting);
  if (!widget || widget.kind === 'other') {
    return { setting, wanted, is: null, choices: [], why: 'unknown' };
  }
  const value = valueFor(widget.kind, wanted);
  if (isSameValue(widget.value, value)) return undefined;
  const told = { setting, wanted, is: widget.value, choices: widget.choices };
  if (widget.readonly) return { ...told, why: 'readonly' };
  if (!isAllowed(value, widget.kind, widget.choices)) return { ...told, why: 'not-allowed' };
  try {
    await camera.setConfig(setting, value);
  } catch (error) {
    // Errors of the bus are not the setting's.
    if (error instanceof GphotoError && UNKNOWN.has(error.number)) return { ...told, why: 'not-taken' };
    throw error;
  }
  let is: string | null = null;
  for (let tries = 0; tries < READ_BACK_TRIES; tries++) {
    is = (await camera.config(setting)).value;
    if (isSameValue(is, value)) return undefined;
    // The wait lets the driver hear the camera's events, by which it learns of new values.
    await camera.nextEvent(READ_BACK_PAUSE_MS);
  }
  return { ...told, is, why: 'not-taken' };
}

/** Undefined where the camera has no setting of that name. */
export async function readSetting(camera: OpenCamera, setting: string): Promise<Widget | undefined> {
  try {
    return await camera.config(setting);
  } catch (error) {
    if (error instanceof GphotoError && UNKNOWN.has(error.number)) return undefined;
    throw error;
  }
}

/** The value of the first of these settings that the camera has. */
export async function firstValue(camera: OpenCamera, settings: readonly string[]): Promise<string | undefined> {
  for (const setting of settings) {
    const value = (await readSetting(camera, setting))?.value?.trim();
    if (value) return value;
  }
  return undefined;
}
