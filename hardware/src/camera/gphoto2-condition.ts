import type { CameraCondition } from './camera.ts';
import { GphotoError } from './gphoto2-calls.ts';
import type { OpenCamera, Storage } from './gphoto2-library.ts';
import type { Body } from './gphoto2-order.ts';
import { firstValue } from './gphoto2-settings.ts';

/** Names of settings differ by maker; the first that a camera has counts. */
const LENS = ['lensname', 'lens'];
const BATTERY = ['batterylevel'];
const SHUTTER_COUNT = ['shuttercounter', 'shuttercount'];

/** Characters of what a camera says of itself. */
const TEXT_MAX = 120;

/** What the camera tells of itself, without its clock: whoever asked puts the time to it. */
export async function readCondition(camera: OpenCamera, body: Body): Promise<Omit<CameraCondition, 'at'>> {
  const card = cardOf(await storagesOf(camera));
  return {
    model: body.model.slice(0, TEXT_MAX),
    serial: body.serial === '' ? undefined : body.serial?.slice(0, TEXT_MAX),
    lens: (await firstValue(camera, LENS))?.slice(0, TEXT_MAX),
    batteryPercent: percentOf(await firstValue(camera, BATTERY)),
    shutterCount: countOf(await firstValue(camera, SHUTTER_COUNT)),
    cardFreeBytes: card && card.freeKb * 1024,
    cardTotalBytes: card && card.capacityKb * 1024,
  };
}

const NOT_SUPPORTED = -6;

/** None where the camera does not tell. */
export async function storagesOf(camera: OpenCamera): Promise<Storage[]> {
  try {
    return await camera.storages();
  } catch (error) {
    if (error instanceof GphotoError && error.number === NOT_SUPPORTED) return [];
    throw error;
  }
}

/** The card that has room; cameras with two slots tell both. */
export const cardOf = (storages: readonly Storage[]): Storage | undefined =>
  storages.find(({ freeKb }) => freeKb > 0) ?? storages[0];

/** How cards are told apart. */
export const cardName = (storages: readonly Storage[]): string =>
  storages.map(({ label, capacityKb }) => `${label} ${capacityKb}`).join(', ');

/** `50%`, `50`, or words of some makers. */
export function percentOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = /^(\d{1,3})\s*%?$/.exec(text)?.[1];
  if (number !== undefined) return Math.min(100, Number(number));
  const word = { full: 100, high: 75, half: 50, medium: 50, low: 25, empty: 0 }[text.toLowerCase()];
  return word;
}

export function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
