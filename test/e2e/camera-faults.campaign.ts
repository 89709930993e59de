import { expect, test } from 'vitest';
import { FAULT_SCRIPTS } from './camera-faults/scripts.ts';
import { faultySite, sufferFault } from './camera-faults/site.ts';

const FAULT_MS = 90_000;
const PICTURE_WITHIN_MS = 120_000;

/** With the settings as they come, a picture a minute, and faults that last longer than one: about four minutes each. */
test.each(FAULT_SCRIPTS)(
  '$name: a picture within 120 s of its end',
  async (script) => {
    const site = await faultySite({ every: '60s' }, 60_000);
    const tookMs = await sufferFault(site, script, FAULT_MS);
    process.stdout.write(
      `${script.name}: a picture ${Math.round(tookMs / 1000)} s after its end; ${site.rungs().join(', ')}\n`,
    );
    expect(tookMs).toBeLessThan(PICTURE_WITHIN_MS);
  },
  600_000,
);

test('in five minutes of absence at a slot every five minutes, the picture still comes within 120 s', async () => {
  const [script] = FAULT_SCRIPTS.filter(({ name }) => name === 'it is away');
  if (!script) throw new Error('there is a script for a camera that is away');
  const site = await faultySite({ every: '5m', camera: { timeLimit: '10s' } }, 300_000);
  expect(await sufferFault(site, script, 150_000)).toBeLessThan(PICTURE_WITHIN_MS);
}, 1_200_000);
