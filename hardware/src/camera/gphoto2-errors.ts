import { VigieError } from '@vigie/shared/kit/errors';

/** What libgphoto2's numbers mean for an operator. Source: gphoto2-port-result.h and gphoto2-result.h of libgphoto2 2.5. */
const MEANING: Record<number, { code: string; what: string; hint: string }> = {
  [-3]: refused('its store is full', 'Empty or replace the memory card.'),
  [-115]: refused('its store is full', 'Empty or replace the memory card.'),
  [-10]: timeout('it did not answer in time'),
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

export function absentError(): VigieError {
  return new VigieError('camera-absent', 'capture with "gphoto2": no camera is found on USB, one should be there', {
    retryable: true,
    hint: 'Check that the camera is on, its cable, and that its USB mode is PTP.',
  });
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

function absent(what: string) {
  return { code: 'camera-absent', what, hint: 'Check the camera’s power, battery and cable.' };
}

function timeout(what: string) {
  return { code: 'camera-timeout', what, hint: 'Switch the camera off and on if it stays so.' };
}
