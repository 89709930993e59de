import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openPower, type PowerOptions } from '@vigie/agent/power/power';
import { gpioConfig, powerConfig, sensorsConfig } from '@vigie/agent/power/power-config';
import { boardOfThisMachine, knownBoard } from '@vigie/hardware/gpio/board';
import { VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { powerState, sensorState } from '@vigie/shared/protocol/power-state';
import { expect, onTestFinished, test } from 'vitest';
import { createMemoryGpio } from '../../support/memory-gpio.ts';
import { createSteppedClock } from '../../support/stepped-clock.ts';
import { tempFolder, until } from '../../support/temp.ts';

/** Lines 4 to 7 of the board: the chip in memory has eight. */
const GPIO = { inputs: [{ name: 'door', type: 'button', line: 'GPIO4', source: 'garden', debounce: '0ms' }] };
const RELAY = { name: 'cameras', line: 'GPIO5', sources: ['garden'] };
const HEATER = {
  name: 'dome',
  line: 'GPIO7',
  sensor: 'dome',
  onBelow: 3,
  offAbove: 6,
  minimumOn: '1m',
  minimumOff: '0s',
};

async function bench(
  blocks: { gpio?: object; power?: object; sensors?: object } = {},
  given: Partial<PowerOptions> = {},
) {
  const folder = await tempFolder();
  const clock = createSteppedClock();
  const gpio = createMemoryGpio();
  const seen = { captures: [] as [string, number][], triggered: [] as string[], flags: [] as string[][] };
  const power = openPower({
    gpio: gpioConfig.parse({ board: 'raspberry-pi-4', ...blocks.gpio }),
    power: powerConfig.parse({ vcgencmd: join(folder, 'vcgencmd'), ...blocks.power }),
    sensors: blocks.sensors && sensorsConfig.parse(blocks.sensors),
    sources: [{ name: 'garden', zone: 'UTC' }],
    dataFolder: folder,
    capture: async (source, at) => void seen.captures.push([source, at]),
    triggered: (input, source) => void seen.triggered.push(`${input} ${source}`),
    flagsChanged: (flags) => void seen.flags.push(flags),
    changed: () => undefined,
    condition: () => 'well',
    clock,
    log: silentLog,
    sensorRoots: { hwmon: join(folder, 'hwmon') },
    machine: { board: () => knownBoard('raspberry-pi-4'), openGpio: () => gpio },
    ...given,
  });
  const stop = new AbortController();
  const running = power.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
    power[Symbol.dispose]();
  });
  return { power, gpio, clock, folder, seen, stop };
}

/** A thermometer in a real file tree; each value is there when this resolves. */
async function thermometer(folder: string, celsius: number): Promise<void> {
  await mkdir(join(folder, 'hwmon/hwmon0'), { recursive: true });
  await writeFile(join(folder, 'hwmon/hwmon0/name'), 'lm75\n');
  await writeFile(join(folder, 'hwmon/hwmon0/temp1_input'), `${celsius * 1000}\n`);
}
const SENSORS = { every: '10s', list: [{ name: 'dome', type: 'hwmon', device: 'lm75' }] };

test('a button asks for a picture of its source, and that is told', async () => {
  const { gpio, clock, seen, power } = await bench({ gpio: GPIO });
  gpio.drive(4, 1);
  expect(seen.captures).toEqual([]);
  gpio.drive(4, 0);
  expect(seen).toMatchObject({ captures: [['garden', clock.now()]], triggered: ['door garden'] });
  // Bounces, and a press within the pause.
  gpio.drive(4, 1);
  gpio.drive(4, 0);
  expect(seen.captures).toHaveLength(1);
  expect(power.state().power?.inputs).toEqual([{ name: 'door', source: 'garden', lastAt: clock.now() }]);
});

test('the power cycle of a source is that of its relay; sources without one have none', async () => {
  const { gpio, clock, power } = await bench({ power: { relays: [RELAY] } });
  expect(power.cycleFor('street')).toBeUndefined();
  const cycle = power.cycleFor('garden')?.();
  await clock.go(0);
  expect(gpio.level(5)).toBe(1);
  expect(power.state().power?.relays).toEqual([{ name: 'cameras', sources: ['garden'], powered: false }]);
  await clock.go(15_000);
  await cycle;
  expect(gpio.level(5)).toBe(0);
});

test('what cannot be opened is told, tried again, and holds up nothing else', async () => {
  const memory = createMemoryGpio();
  let busy = true;
  const { clock, power } = await bench(
    { gpio: GPIO, power: { relays: [RELAY] } },
    {
      machine: {
        board: () => knownBoard('raspberry-pi-4'),
        openGpio: () => ({
          ...memory,
          openOutput(request) {
            if (busy) throw new VigieError('gpio-busy', 'open line 5: "other" holds it', { retryable: true });
            return memory.openOutput(request);
          },
        }),
      },
    },
  );
  expect(memory.isOpen(4)).toBe(true);
  const fault = { name: 'relay cameras', code: 'gpio-busy', message: 'open line 5: "other" holds it' };
  expect(power.state().power).toMatchObject({ relays: [{ powered: null }], faults: [fault] });
  await expect(power.cycleFor('garden')?.()).rejects.toMatchObject({ code: 'not-fitted', retryable: true });
  busy = false;
  await clock.go(60_000);
  expect(power.state().power).toMatchObject({ relays: [{ powered: true }], faults: [] });
});

test('an input whose chip has gone is told, and opened again', async () => {
  const memory = createMemoryGpio();
  let fail: ((error: VigieError) => void) | undefined;
  const openInput: typeof memory.openInput = (request) => {
    fail = request.failed;
    return memory.openInput(request);
  };
  const { clock, power, seen } = await bench(
    { gpio: GPIO },
    { machine: { board: () => knownBoard('raspberry-pi-4'), openGpio: () => ({ ...memory, openInput }) } },
  );
  memory.drive(4, 1);
  fail?.(new VigieError('gpio-absent', 'watch line 4: it is not there'));
  expect(memory.isOpen(4)).toBe(false);
  expect(power.state().power?.faults).toMatchObject([{ name: 'button door', code: 'gpio-absent' }]);
  await clock.go(60_000);
  expect(power.state().power?.faults).toEqual([]);
  memory.drive(4, 0);
  expect(seen.captures).toHaveLength(1);
});

test('a heater follows its thermometer, and is off when that is gone', async () => {
  const { gpio, clock, folder, power } = await bench({ power: { heaters: [HEATER] }, sensors: SENSORS });
  const reads = async (celsius: number | null) => {
    if (celsius === null) await rm(join(folder, 'hwmon'), { recursive: true });
    else await thermometer(folder, celsius);
    // In small steps: files are read in real time, and a value that time has run away from is stale.
    await until(`the sensor gives ${celsius}`, async () => {
      await clock.go(1_000);
      return power.state().sensors?.[0]?.value === celsius;
    });
    await clock.go(1_000);
  };
  expect(gpio.level(7)).toBe(0);
  await reads(2);
  expect(gpio.level(7)).toBe(1);
  await reads(5);
  expect(power.state().power?.heaters).toEqual([{ name: 'dome', on: true, because: 'between' }]);
  await reads(null);
  expect(gpio.level(7)).toBe(0);
  expect(power.state().power?.heaters).toEqual([{ name: 'dome', on: false, because: 'no-temperature' }]);
  await reads(1);
  expect(gpio.level(7)).toBe(1);
});

test('beside a capture stands what sensors and supply said; the states are those of the protocol', async () => {
  const given = await bench({ power: { led: { line: 'GPIO6' } }, sensors: SENSORS });
  const { folder, clock, power, seen } = given;
  await writeFile(join(folder, 'vcgencmd'), '#!/bin/sh\necho throttled=0x50000\n', { mode: 0o755 });
  await thermometer(folder, 4.5);
  // The first look at the flags has found no program; another run finds it.
  const again = power.run(given.stop.signal);
  await until('sensor and flags are known', async () => {
    await clock.go(10_000);
    return power.state().power?.flags && power.state().sensors?.[0]?.value === 4.5;
  });
  const at = clock.now();
  await power.captured('garden', '20261123120000.jpg', at);
  const [text] = (await readFile(join(folder, 'sensors/garden/20261123.ndjson'), 'utf8')).split('\n');
  const flags = ['under-voltage-since-boot', 'throttled-since-boot'];
  expect(JSON.parse(text as string)).toMatchObject({
    at,
    file: '20261123120000.jpg',
    sensors: [{ name: 'dome', quantity: 'temperature', unit: '°C', value: 4.5 }],
    power: flags,
  });
  expect(seen.flags).toEqual([flags]);
  const { power: told, sensors } = power.state();
  expect(powerState.parse(told)).toEqual(told);
  for (const sensor of sensors ?? []) expect(sensorState.parse(sensor)).toEqual(sensor);
  given.stop.abort();
  await again;
});

test('nothing is configured: nothing is told, no line is opened, no file is written', async () => {
  const { power, folder } = await bench(
    {},
    { machine: { board: () => knownBoard('nowhere'), openGpio: () => createMemoryGpio() } },
  );
  expect(power.state()).toEqual({});
  await power.captured('garden', 'a.jpg', 0);
  await expect(readFile(join(folder, 'sensors/garden/19700101.ndjson'))).rejects.toThrow('ENOENT');
});

test('a machine whose board is not known is told what to write', async () => {
  const machine = { board: () => boardOfThisMachine('/dev/null'), openGpio: () => createMemoryGpio() };
  const start = bench({ gpio: { board: 'auto' }, power: { led: { line: 'GPIO6' } } }, { machine });
  await expect(start).rejects.toThrow(
    /^gpio\.board: .*it says ""; raspberry-pi-3, .*Set "gpio\.board" to one of these/,
  );
});

test('lines that this machine’s board does not give end the start, in words', async () => {
  await expect(bench({ gpio: { board: 'auto' }, power: { led: { line: 'GPIO1' } } })).rejects.toThrow(
    /power\.led\.line: line "GPIO1" of Raspberry Pi 4: reserved/,
  );
});
