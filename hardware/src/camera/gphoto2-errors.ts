import { VigieError } from '@vigie/shared/kit/errors';
import type { Body, BodyChoice, SessionError, SettingFault } from './gphoto2-order.ts';

/** What libgphoto2's numbers mean for an operator. Source: gphoto2-port-result.h and gphoto2-result.h of libgphoto2 2.5. */
const MEANING: Record<number, { code: string; what: string; hint: string }> = {
  // What libgphoto2 makes of a camera's own "store full" is GP_ERROR_NO_MEMORY.
  [-3]: full(),
  [-115]: full(),
  [-10]: timeout('it did not answer in time'),
  [-102]: {
    code: 'camera-incomplete',
    what: 'the picture that it sent is cut short',
    hint: 'What came is kept. Check the cable and the card.',
  },
  [-7]: absent('the connection broke'),
  [-34]: absent('the connection broke while reading'),
  [-35]: absent('the connection broke while writing'),
  [-52]: absent('it is not on the bus any more'),
  [-105]: absent('it is not on the bus any more'),
  [-53]: { code: 'camera-busy', what: 'another program holds it', hint: holdsHint([]) },
  [-60]: { code: 'camera-busy', what: 'another program has locked it', hint: holdsHint([]) },
  [-110]: {
    code: 'camera-busy',
    what: 'it is busy',
    hint: 'It may still be writing, or show a menu; it is tried again.',
  },
};

/** The error of a capture that libgphoto2 refused with this number; `holders` are programs known to hold cameras. */
export function captureError(number: number, model: string, holders: string[]): VigieError {
  const known =
    MEANING[number] ?? refused(`libgphoto2 error ${number}`, 'See the camera’s display: card, battery, focus.');
  const hint = known.code === 'camera-busy' && holders.length > 0 ? holdsHint(holders) : known.hint;
  return new VigieError(known.code, `capture with ${JSON.stringify(model)}: ${known.what} (libgphoto2 ${number})`, {
    retryable: true,
    hint,
  });
}

/** None on the bus is the right one: says which is wanted and which are there. */
export function absentError(choice: BodyChoice, found: readonly Body[]): VigieError {
  const wanted = Object.entries(choice)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(' and ');
  const there = found.slice(0, NAMED_MAX).map(describe).join('; ');
  const held = found.some(({ busy }) => busy);
  const is = found.length === 0 ? 'no camera is found on USB' : `found on USB: ${there}`;
  const should = wanted === '' ? 'one should be there' : `one with ${wanted} should be there`;
  return new VigieError(held ? 'camera-busy' : 'camera-absent', `capture with "gphoto2": ${is}, ${should}`, {
    retryable: true,
    hint: held
      ? holdsHint([])
      : found.length === 0
        ? 'Check that the camera is on, its cable, and that its USB mode is PTP.'
        : 'Check that the right camera is on, its cable, and what the configuration says of it.',
  });
}

const NAMED_MAX = 8;

function describe({ model, port, serial, owner, busy }: Body): string {
  const known = [
    serial ? `serial ${JSON.stringify(serial)}` : '',
    owner ? `owner ${JSON.stringify(owner)}` : '',
    busy ? 'held by another program' : '',
  ].filter((text) => text !== '');
  return `${JSON.stringify(model)} at ${port}${known.length > 0 ? ` (${known.join(', ')})` : ''}`;
}

const FAULTS: Record<SettingFault, (is: string) => string> = {
  unknown: () => 'the camera has no setting of this name',
  readonly: (is) => `it can only be read, and is ${is}`,
  'not-allowed': () => 'the camera does not know this value',
  'not-taken': (is) => `it was set, and is ${is}`,
};
const CHOICES_TOLD = 40;

export function settingError(
  { setting, wanted, is, choices, why }: Extract<SessionError, { setting: string }>,
  model: string,
): VigieError {
  const allowed = choices.slice(0, CHOICES_TOLD).map((choice) => JSON.stringify(choice));
  const more = choices.length > CHOICES_TOLD ? ', …' : '';
  const should = allowed.length > 0 ? `; allowed: ${allowed.join(', ')}${more}` : '';
  const what = `${FAULTS[why](JSON.stringify(is))}${should}`;
  return new VigieError(
    'camera-setting',
    `set ${JSON.stringify(setting)} to ${JSON.stringify(wanted)} on ${JSON.stringify(model)}: ${what}`.slice(0, 1000),
    {
      retryable: false,
      hint: 'Names and values of settings are libgphoto2’s: "gphoto2 --list-all-config" shows those of this camera.',
    },
  );
}

export function incompleteError(came: readonly string[], missing: number, model: string): VigieError {
  const names = came.map((name) => JSON.stringify(name)).join(', ');
  const all = came.length + missing;
  return new VigieError(
    'camera-incomplete',
    `capture with ${JSON.stringify(model)}: ${came.length} of ${all} files came (${names}), all of one release should`,
    {
      retryable: true,
      hint: 'What came is kept. Check the picture format on the camera, "files" in the configuration, and the card.',
    },
  );
}

export function timeoutError(limitMs: number, holders: string[]): VigieError {
  return new VigieError(
    'camera-timeout',
    `capture with "gphoto2": it has not ended within ${limitMs} ms and was stopped`,
    {
      retryable: true,
      hint:
        holders.length > 0
          ? holdsHint(holders)
          : 'The camera may be busy, out of focus, or its card full; if it stays so, switch it off and on.',
    },
  );
}

export function crashedError(how: string, said: string): VigieError {
  const last = said === '' ? '' : `: ${said}`;
  return new VigieError('camera-crashed', `capture with "gphoto2": its process ended with ${how}${last}`, {
    retryable: true,
    hint: 'It is started anew for the next capture; if it stays so, switch the camera off and on, and check the set-up.',
  });
}

function holdsHint(holders: string[]): string {
  const who = holders.length > 0 ? holders.join(', ') : 'often gvfs-gphoto2-volume-monitor on a desktop';
  return `Another program holds the camera (${who}): stop it, and disable it for good.`;
}

function refused(what: string, hint: string) {
  return { code: 'camera-refused', what, hint };
}

function full() {
  const hint =
    'Empty or replace the memory card; captures go on by themselves. "keepOnCard" can keep it from filling up.';
  return { code: 'card-full', what: 'its memory card is full', hint };
}

function absent(what: string) {
  return { code: 'camera-absent', what, hint: 'Check the camera’s power, battery and cable.' };
}

function timeout(what: string) {
  return { code: 'camera-timeout', what, hint: 'Switch the camera off and on if it stays so.' };
}
