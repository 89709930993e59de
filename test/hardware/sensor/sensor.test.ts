import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSensor } from '@vigie/hardware/sensor/open';
import { type SensorConfig, UNITS } from '@vigie/hardware/sensor/sensor';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

/** A folder with the kernel's files: `{ 'hwmon0/name': 'cpu_thermal' }`. */
async function kernel(files: Record<string, string>) {
  const root = await tempFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), `${text}\n`);
  }
  return root;
}
type Kind<T extends SensorConfig['type']> = Extract<SensorConfig, { type: T }>;
const hwmon = (root: string, settings: Partial<Kind<'hwmon'>> = {}) =>
  openSensor({ name: 'a', type: 'hwmon', device: 'lm75', channel: 'temp1', ...settings }, { hwmon: root });
const iio = (root: string, settings: Partial<Kind<'iio'>> = {}) =>
  openSensor({ name: 'a', type: 'iio', device: 'bme280', channel: 'temp', ...settings }, { iio: root });
const oneWire = (root: string) => openSensor({ name: 'a', type: 'one-wire', id: '28-3c01d607a1b2' }, { oneWire: root });
const W1 = '28-3c01d607a1b2/w1_slave';

test('hwmon: a device by its name, wherever its number is, in the units of the project', async () => {
  const root = await kernel({
    'hwmon0/name': 'cpu_thermal',
    'hwmon0/temp1_input': '48312',
    'hwmon10/name': 'lm75',
    'hwmon10/temp1_input': '-1500',
    'hwmon2/name': 'lm75',
    'hwmon2/temp1_input': '21000',
    'hwmon3/name': 'ina219',
    'hwmon3/in1_input': '12480',
    'hwmon3/curr1_input': '640',
    'hwmon3/power1_input': '7980000',
  });
  expect(await hwmon(root, { device: 'cpu_thermal' }).read()).toBeCloseTo(48.312);
  expect(await hwmon(root).read()).toBe(21);
  expect(await hwmon(root, { device: 'lm75:2' }).read()).toBe(-1.5);
  for (const [channel, quantity, value] of [
    ['in1', 'voltage', 12.48],
    ['curr1', 'current', 0.64],
    ['power1', 'power', 7.98],
  ] as const) {
    const sensor = hwmon(root, { device: 'ina219', channel });
    expect(sensor.quantity).toBe(quantity);
    expect(await sensor.read()).toBeCloseTo(value);
  }
});

test('iio: processed values, and raw ones with offset and scale, their own or those of their kind', async () => {
  const root = await kernel({
    'iio:device0/name': 'bme280',
    'iio:device0/in_temp_input': '21430',
    'iio:device0/in_humidityrelative_input': '48200',
    'iio:device0/in_pressure_input': '101.325',
    'iio:device1/name': 'sht3x',
    'iio:device1/in_temp_raw': '1000',
    'iio:device1/in_temp_offset': '-200',
    'iio:device1/in_temp_scale': '10',
    'iio:device1/in_voltage0_raw': '2000',
    'iio:device1/in_voltage_scale': '0.5',
    'iio:device1/in_illuminance_input': '1200',
  });
  expect(await iio(root).read()).toBeCloseTo(21.43);
  expect(await iio(root, { channel: 'humidityrelative' }).read()).toBeCloseTo(48.2);
  const pressure = iio(root, { channel: 'pressure' });
  expect([UNITS[pressure.quantity], await pressure.read()]).toEqual(['hPa', 1013.25]);
  expect(await iio(root, { device: 'sht3x' }).read()).toBeCloseTo(8);
  expect(await iio(root, { device: 'sht3x', channel: 'voltage0' }).read()).toBeCloseTo(1);
  expect(await iio(root, { device: 'sht3x', channel: 'illuminance' }).read()).toBe(1200);
});

test('1-wire: the checksum counts', async () => {
  const answer = (sum: string, t: number) =>
    `4b 01 55 05 7f 7e 81 66 c8 : crc=c8 ${sum}\n4b 01 55 05 7f 7e 81 66 c8 t=${t}`;
  expect(await oneWire(await kernel({ [W1]: answer('YES', 20687) })).read()).toBeCloseTo(20.687);
  expect(await oneWire(await kernel({ [W1]: answer('YES', -250) })).read()).toBe(-0.25);
  const refused = { code: 'sensor-failed', retryable: true, hint: expect.any(String) };
  await expect(oneWire(await kernel({ [W1]: answer('NO', 20687) })).read()).rejects.toMatchObject(refused);
  await expect(oneWire(await kernel({ [W1]: answer('YES', 85_000) })).read()).rejects.toMatchObject(refused);
  await expect(oneWire(await kernel({ [W1]: '' })).read()).rejects.toMatchObject(refused);
});

test('what is not there, and what gives nonsense, is told with what there is', async () => {
  const root = await kernel({
    'hwmon0/name': 'cpu_thermal',
    'hwmon0/temp1_input': 'many',
    'hwmon1/name': 'pt100',
    'hwmon1/temp1_input': '0',
    'hwmon1/temp1_fault': '1',
  });
  const absent = { code: 'sensor-absent', retryable: true, hint: expect.any(String) };
  await expect(hwmon(root).read()).rejects.toMatchObject({
    ...absent,
    message: expect.stringContaining('cpu_thermal'),
  });
  await expect(hwmon(root, { device: 'cpu_thermal', channel: 'temp2' }).read()).rejects.toMatchObject(absent);
  await expect(hwmon(join(root, 'nothing')).read()).rejects.toThrow(/none is there/);
  await expect(hwmon(root, { device: 'cpu_thermal' }).read()).rejects.toMatchObject({ code: 'sensor-failed' });
  await expect(hwmon(root, { device: 'pt100' }).read()).rejects.toMatchObject({ code: 'sensor-failed' });
  await expect(oneWire(root).read()).rejects.toMatchObject(absent);
  await expect(iio(root).read()).rejects.toMatchObject(absent);
});

test('a sensor that was plugged in again, under another number, is found', async () => {
  const root = await kernel({ 'hwmon1/name': 'lm75', 'hwmon1/temp1_input': '1000' });
  const sensor = hwmon(root);
  expect(await sensor.read()).toBe(1);
  await rename(join(root, 'hwmon1'), join(root, 'hwmon4'));
  expect(await sensor.read()).toBe(1);
});
