import { ledCondition } from '@vigie/agent/power/led-condition';
import { expect, test } from 'vitest';

const well = { capturing: false, lastCaptureAt: 2, lastFailure: null, storage: 'present' } as const;
const failure = (at: number) => ({ ...well, lastFailure: { at, code: 'camera-timeout', message: '' } });

test.each([
  ['all is well', [well], true, 'well'],
  ['no link', [well], false, 'offline'],
  ['the last attempt failed', [well, failure(3)], false, 'problem'],
  ['it failed before the last picture', [failure(1)], true, 'well'],
  ['never a picture', [{ ...failure(1), lastCaptureAt: null }], true, 'problem'],
  ['a folder is absent', [{ ...well, storage: 'absent' as const }], true, 'problem'],
  ['a capture runs, whatever else', [failure(3), { ...well, capturing: true }], false, 'capturing'],
] as const)('%s', (_, sources, connected, condition) => {
  expect(ledCondition([...sources], connected)).toBe(condition);
});
