import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHIP } from '../../support/gpio-guest/guest.ts';
import { type LineBench, openGuestBench, openMemoryBench } from '../../support/gpio-guest/line-bench.ts';

/**
 * The Gpio port's contract, for both adapters, on real lines of an arm64 guest that the test drives and watches from outside; and for the
 * chip in memory that other tests take for one.
 */
const BUTTON = 0;
const OTHER = 1;
const RELAY = 5;

let share: string;
let guest: LineBench;
const memory = openMemoryBench();
let lines: LineBench;
beforeAll(async () => {
  share = await mkdtemp(join(tmpdir(), 'vigie-test-'));
  guest = await openGuestBench(share);
  lines = guest;
}, 180_000);
afterAll(async () => {
  await guest?.[Symbol.asyncDispose]();
  await rm(share, { recursive: true, force: true });
});

const plain = { activeLow: false, bias: 'as-is', edge: 'both', debounceMs: 0 } as const;
let ids = 0;
const fresh = () => `line-${++ids}`;

describe.each(['onoff', 'character-device', 'memory'] as const)('%s', (adapter) => {
  beforeEach(async () => {
    lines = adapter === 'memory' ? memory : guest;
    await lines.call({ do: 'close' });
    for (const line of [BUTTON, OTHER]) await lines.drive(line, 0);
    lines.forgetChanges(RELAY);
    await lines.call({ do: 'open', adapter, chip: CHIP });
  });
  const input = async (settings: object = {}) => {
    const id = fresh();
    await lines.call({ do: 'input', id, line: BUTTON, ...plain, ...settings });
    return id;
  };

  test('tells every change of an input, in order, and reads its level', async () => {
    const id = await input();
    expect(await lines.call({ do: 'read', id })).toBe(false);
    await lines.drive(BUTTON, 1);
    expect(await lines.hasTold(id, 1)).toEqual([true]);
    expect(await lines.call({ do: 'read', id })).toBe(true);
    await lines.drive(BUTTON, 0);
    await lines.hasTold(id, 2);
    await lines.drive(BUTTON, 1);
    expect(await lines.hasTold(id, 3)).toEqual([true, false, true]);
  });

  test('takes the low level of an active-low input for active, in edges and in readings', async () => {
    await lines.drive(BUTTON, 1);
    const id = await input({ activeLow: true, edge: 'activated' });
    expect(await lines.call({ do: 'read', id })).toBe(false);
    await lines.drive(BUTTON, 0);
    expect(await lines.hasTold(id, 1)).toEqual([true]);
    expect(await lines.call({ do: 'read', id })).toBe(true);
    await lines.drive(BUTTON, 1);
    await lines.drive(BUTTON, 0);
    expect(await lines.hasTold(id, 2)).toEqual([true, true]);
  });

  test('tells the wanted edge alone, with and without debouncing', async () => {
    for (const debounceMs of [0, 40]) {
      for (const [edge, level] of [
        ['activated', true],
        ['deactivated', false],
      ] as const) {
        const [id, settled] = [await input({ edge, debounceMs }), fresh()];
        // The other input follows later: when it tells a change, the first one has had its time.
        await lines.call({ do: 'input', id: settled, ...plain, line: OTHER, debounceMs: debounceMs * 3 });
        for (const [index, drive] of ([1, 0, 1, 0] as const).entries()) {
          for (const line of [BUTTON, OTHER]) await lines.drive(line, drive);
          await lines.hasTold(settled, index + 1);
        }
        expect(await lines.hasTold(id, 2)).toEqual([level, level]);
        for (const open of [id, settled]) await lines.call({ do: 'dispose', id: open });
      }
    }
  });

  test('waits until a level has stayed: bounces count once, a short disturbance not at all', async () => {
    const id = await input({ debounceMs: 150 });
    for (const level of [1, 0, 1, 0, 1, 0, 1] as const) await lines.drive(BUTTON, level);
    await lines.hasTold(id, 1);
    // Held down, with a gap that is too short to be a release.
    await lines.drive(BUTTON, 0);
    await lines.drive(BUTTON, 1);
    await lines.drive(BUTTON, 0);
    expect(await lines.hasTold(id, 2)).toEqual([true, false]);
  });

  test('opens an output at its first level without passing through the other, and sets it', async () => {
    const id = fresh();
    await lines.call({ do: 'output', id, line: RELAY, activeLow: false, initiallyActive: true });
    await lines.nextChange(RELAY, 1);
    expect(await lines.call({ do: 'set', id, active: false })).toBe(false);
    await lines.nextChange(RELAY, 0);
    expect(await lines.call({ do: 'set', id, active: true })).toBe(true);
    await lines.nextChange(RELAY, 1);
    await lines.call({ do: 'set', id, active: false });
    await lines.nextChange(RELAY, 0);
    await lines.call({ do: 'dispose', id });

    // Active is low, and the line is low already: nothing is to be seen until it is set to inactive.
    const before = lines.entries.length;
    const low = fresh();
    await lines.call({ do: 'output', id: low, line: RELAY, activeLow: true, initiallyActive: true });
    await lines.call({ do: 'set', id: low, active: false });
    await lines.nextChange(RELAY, 1);
    await lines.call({ do: 'set', id: low, active: true });
    await lines.nextChange(RELAY, 0);
    const levels = lines.entries.slice(before).flatMap((e) => ('line' in e && e.line === RELAY ? [e.level] : []));
    expect(levels).toEqual([1, 0]);
  });

  test('gives a line to one holder, and again when that has let it go', async () => {
    const id = await input();
    await expect(input()).rejects.toMatchObject({ code: 'gpio-busy', retryable: true, hint: expect.any(String) });
    await lines.call({ do: 'dispose', id });
    const again = await input();
    await lines.drive(BUTTON, 1);
    expect(await lines.hasTold(again, 1)).toEqual([true]);
    expect(lines.changes(id)).toEqual([]);
  });

  test('lets every line go with the chip', async () => {
    await input();
    await lines.call({ do: 'output', id: fresh(), line: RELAY, activeLow: false, initiallyActive: false });
    await lines.call({ do: 'close' });
    await lines.call({ do: 'open', adapter, chip: CHIP });
    await input();
    await lines.call({ do: 'output', id: fresh(), line: RELAY, activeLow: false, initiallyActive: false });
  });

  test('says so when there is no such line', async () => {
    const beyond = lines.call({ do: 'input', id: fresh(), ...plain, line: 600 });
    await expect(beyond).rejects.toMatchObject({ code: 'gpio-no-line', hint: expect.any(String) });
  });
});

describe('in the guest', () => {
  beforeEach(async () => {
    lines = guest;
    await lines.call({ do: 'close' });
  });

  test.each(['onoff', 'character-device'] as const)(
    '%s says which chips there are when the one that is meant is not',
    async (adapter) => {
      const chip = lines.call({ do: 'open', adapter, chip: 'pinctrl-rp1' });
      await expect(chip).rejects.toMatchObject({
        code: 'gpio-absent',
        message: expect.stringContaining(`"${CHIP}"`),
      });
    },
  );

  test('a pull is set by the kernel through the character device, and refused by sysfs', async () => {
    expect(await lines.call({ do: 'open', adapter: 'onoff', chip: CHIP })).toMatchObject({ setsBias: false });
    const pulled = { do: 'input', line: BUTTON, ...plain, bias: 'pull-up' } as const;
    await expect(lines.call({ ...pulled, id: fresh() })).rejects.toMatchObject({
      code: 'gpio-unsupported',
      hint: expect.stringContaining('character-device'),
    });
    await lines.call({ do: 'close' });
    expect(await lines.call({ do: 'open', adapter: 'character-device', chip: CHIP })).toMatchObject({ setsBias: true });
    await lines.call({ ...pulled, id: fresh() });
  });

  test('the character device names who holds a line', async () => {
    await lines.call({ do: 'open', adapter: 'onoff', chip: CHIP });
    await lines.call({ do: 'output', id: fresh(), line: RELAY, activeLow: false, initiallyActive: false });
    await lines.call({ do: 'open', adapter: 'character-device', chip: CHIP });
    const held = lines.call({ do: 'output', id: fresh(), line: RELAY, activeLow: false, initiallyActive: false });
    await expect(held).rejects.toMatchObject({
      code: 'gpio-busy',
      message: expect.stringContaining('"sysfs" holds it'),
    });
  });

  test('onoff finds the chip by its label; a base that is set by hand and wrong is told', async () => {
    const { description } = (await lines.call({ do: 'open', adapter: 'onoff', chip: CHIP })) as { description: string };
    const base = Number(/from (\d+)$/.exec(description)?.[1]);
    expect(base).toBeGreaterThan(0);
    await lines.call({ do: 'open', adapter: 'onoff', chip: CHIP, base: 0 });
    const wrong = lines.call({ do: 'input', id: fresh(), line: BUTTON, ...plain });
    await expect(wrong).rejects.toMatchObject({ code: 'gpio-no-line' });
  });
});
