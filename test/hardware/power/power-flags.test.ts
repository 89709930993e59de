import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePowerFlags, readPowerFlags } from '@vigie/hardware/power/power-flags';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

test.each([
  ['throttled=0x0', []],
  ['throttled=0x50005\n', ['under-voltage-now', 'throttled-now', 'under-voltage-since-boot', 'throttled-since-boot']],
  ['throttled=0xf000f', 8],
  ['throttled=0x80008', ['soft-temperature-limit-now', 'soft-temperature-limit-since-boot']],
  ['throttled=0x20002', ['frequency-capped-now', 'frequency-capped-since-boot']],
] as const)('%j', (answer, expected) => {
  const flags = parsePowerFlags(answer);
  if (typeof expected === 'number') expect(flags).toHaveLength(expected);
  else expect(flags).toEqual(expected);
});

test.each(['', 'error=1 error_msg="Command not registered"', 'throttled=0x', 'throttled=5'])(
  '%j is no answer',
  (answer) => {
    expect(() => parsePowerFlags(answer)).toThrow(/not an answer; "throttled=0x0"/);
  },
);

async function program(text: string): Promise<string> {
  const file = join(await tempFolder(), 'vcgencmd');
  await writeFile(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return file;
}

test('the program is asked; where it is absent there are no flags, and that is no error', async () => {
  expect(await readPowerFlags(await program('[ "$1" = get_throttled ] && echo throttled=0x1'))).toEqual([
    'under-voltage-now',
  ]);
  expect(await readPowerFlags(join(await tempFolder(), 'vcgencmd'))).toBeUndefined();
});

test('a program that fails, or is stopped, is told', async () => {
  const failing = readPowerFlags(await program('echo "VCHI initialization failed" >&2; exit 255'));
  await expect(failing).rejects.toMatchObject({
    code: 'power-flags',
    message: expect.stringContaining('VCHI'),
    hint: expect.stringContaining('video'),
  });
  const stop = new AbortController();
  const hanging = readPowerFlags(await program('sleep 60'), stop.signal);
  stop.abort();
  await expect(hanging).rejects.toMatchObject({ code: 'power-flags' });
});
