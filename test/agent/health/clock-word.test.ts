import { execFileSync } from 'node:child_process';
import { readBootTime } from '@vigie/agent/health/boot-time';
import { type ClockWitness, clockWord, kernelWitnesses } from '@vigie/agent/health/clock-word';
import { expect, test } from 'vitest';

const witness = (name: string, word: boolean | undefined): ClockWitness => ({ name, ask: async () => word });

test('the first witness that knows is believed', async () => {
  expect(await clockWord([witness('a', undefined), witness('b', false), witness('c', true)])()).toBe(false);
  expect(await clockWord([witness('a', undefined)])()).toBeUndefined();
});

test("the kernel's word is read without rights and without systemd: it is what adjtimex answers", async () => {
  const [byPerl] = kernelWitnesses as [ClockWitness];
  const word = await byPerl.ask();
  // As another program reads it: bit 6 of the status is STA_UNSYNC.
  const status = execFileSync('python3', ['-c', PYTHON], { encoding: 'utf8' }).trim();
  expect(word).toBe((Number(status) & 64) === 0);
});

const PYTHON = `
import ctypes
class Timex(ctypes.Structure):
    _fields_ = [('modes', ctypes.c_uint), ('offset', ctypes.c_long), ('freq', ctypes.c_long), ('maxerror', ctypes.c_long),
                ('esterror', ctypes.c_long), ('status', ctypes.c_int), ('rest', ctypes.c_byte * 400)]
timex = Timex()
ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
print(timex.status)
`;

test('a witness that is not there knows nothing, and none of them throws', async () => {
  for (const { ask } of kernelWitnesses) expect([true, false, undefined]).toContain(await ask());
});

test('the time since boot grows, and its boot has an id', async () => {
  const { id, ms } = readBootTime();
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  const before = ms();
  expect(before).toBeGreaterThan(0);
  expect(ms()).toBeGreaterThanOrEqual(before);
  expect(() => readBootTime('/nowhere')).toThrow('boot');
});
