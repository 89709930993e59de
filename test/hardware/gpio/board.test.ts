import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { boardNames, boardOfThisMachine, knownBoard, lineOf, readBoardFile } from '@vigie/hardware/gpio/board';
import { chooseAdapter } from '@vigie/hardware/gpio/open';
import { chipByLabel, sysfsChips } from '@vigie/hardware/gpio/sysfs-chip';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

test('four boards are known, each with the 28 lines of its header, every line and pin once', () => {
  expect(boardNames()).toEqual(['raspberry-pi-3', 'raspberry-pi-4', 'raspberry-pi-5', 'raspberry-pi-zero-2-w']);
  for (const name of boardNames()) {
    const { lines, limits } = knownBoard(name);
    expect(lines.map((l) => l.name)).toEqual(Array.from({ length: 28 }, (_, line) => `GPIO${line}`));
    expect(lines.map((l) => l.line)).toEqual(lines.map((_, line) => line));
    expect(new Set(lines.map((l) => l.pin)).size).toBe(28);
    // The pins of supply and ground are no lines.
    for (const pin of [1, 2, 4, 6, 9, 14, 17, 20, 25, 30, 34, 39]) expect(lines.some((l) => l.pin === pin)).toBe(false);
    expect(limits.levelVolts).toBe(3.3);
  }
  expect(boardNames().map((name) => knownBoard(name).chip)).toEqual([
    'pinctrl-bcm2835',
    'pinctrl-bcm2711',
    'pinctrl-rp1',
    'pinctrl-bcm2835',
  ]);
});

test('a line is named as the board does, or by its pin', () => {
  const board = knownBoard('raspberry-pi-4');
  expect(lineOf(board, 'GPIO17')).toMatchObject({ line: 17, pin: 11, pull: 'down' });
  expect(lineOf(board, 'pin 11').name).toBe('GPIO17');
  expect(() => lineOf(board, 'GPIO42')).toThrow(
    /line "GPIO42" of Raspberry Pi 4: there is none; GPIO2, .* are allowed/,
  );
  expect(() => lineOf(board, 'pin 6')).toThrow(/there is none/);
  expect(() => lineOf(board, 'GPIO1')).toThrow(/reserved for the identity of a HAT/);
});

test.each([
  ['Raspberry Pi Zero 2 W Rev 1.0', 'Raspberry Pi Zero 2 W'],
  ['Raspberry Pi 3 Model B Plus Rev 1.3', 'Raspberry Pi 3'],
  ['Raspberry Pi 4 Model B Rev 1.4', 'Raspberry Pi 4'],
  ['Raspberry Pi 400 Rev 1.0', 'Raspberry Pi 4'],
  ['Raspberry Pi 5 Model B Rev 1.0', 'Raspberry Pi 5'],
])('"%s" is known as %s', async (model, name) => {
  const file = join(await tempFolder(), 'model');
  await writeFile(file, `${model}\0`);
  expect(boardOfThisMachine(file).name).toBe(name);
});

test('a board that is not known is told with those that are', async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, 'model'), 'Acme Board\0');
  expect(() => boardOfThisMachine(join(folder, 'model'))).toThrow(/it says "Acme Board"; raspberry-pi-3, .* are known/);
  expect(() => boardOfThisMachine(join(folder, 'nothing'))).toThrow(/it does not say/);
});

test('a board file with faults is told line by line', async () => {
  const file = join(await tempFolder(), 'board.yaml');
  await writeFile(file, 'name: Mine\nchip: mine\nlimits: { levelVolts: 3.3, lineMilliamps: 4 }\nlines: []\nvolts: 5\n');
  expect(() => readBoardFile(file)).toThrow(
    /board\.yaml:3: limits\.linesMilliamps[\s\S]*board\.yaml:5: volts: no such key/,
  );
});

test('the base is that of the chip with the label, the largest of that label, and never the first', async () => {
  const root = await tempFolder();
  const chip = async (base: number, label: string, lines: number) => {
    const folder = join(root, `gpiochip${base}`);
    await mkdir(folder);
    for (const [name, value] of Object.entries({ base, label, ngpio: lines }))
      await writeFile(join(folder, name), `${value}\n`);
  };
  await chip(512, 'raspberrypi-exp-gpio', 8);
  await chip(571, 'pinctrl-rp1', 4);
  await chip(575, 'pinctrl-rp1', 54);
  expect(chipByLabel(sysfsChips(root), 'pinctrl-rp1')).toEqual({ label: 'pinctrl-rp1', base: 575, lines: 54 });
  expect(() => chipByLabel(sysfsChips(root), 'pinctrl-bcm2711')).toThrow(
    /there is none; "raspberrypi-exp-gpio", "pinctrl-rp1"/,
  );
  expect(sysfsChips(join(root, 'nothing'))).toEqual([]);
});

test.each([
  [{ sysfs: true, devices: true }, false, 'onoff'],
  [{ sysfs: true, devices: false }, false, 'onoff'],
  [{ sysfs: false, devices: true }, false, 'character-device'],
  [{ sysfs: true, devices: true }, true, 'character-device'],
  [{ sysfs: true, devices: false }, true, 'onoff'],
] as const)('%o with a pull to set: %s, the adapter is %s', (interfaces, setsBias, adapter) => {
  expect(chooseAdapter('auto', interfaces, setsBias)).toBe(adapter);
});

test('a machine without GPIO is told so; an adapter that is asked for is not second-guessed', () => {
  const none = { sysfs: false, devices: false };
  expect(() => chooseAdapter('auto', none, false)).toThrow(/neither \/sys\/class\/gpio nor \/dev\/gpiochip/);
  expect(chooseAdapter('onoff', none, false)).toBe('onoff');
});
