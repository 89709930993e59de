import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSensorLines, type SensorLine } from '@vigie/agent/power/sensor-lines';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const line = (at: number, file = 'a.jpg'): SensorLine => ({
  at,
  file,
  sensors: [{ name: 'dome', quantity: 'temperature', unit: '°C', value: 4.25, at }],
  power: ['under-voltage-now'],
});
const NOON = Date.UTC(2026, 10, 23, 12);
const DAY = 86_400_000;

async function bench(zone = 'UTC', keepDays = 3) {
  const folder = join(await tempFolder(), 'sensors');
  return { folder, lines: createSensorLines({ folder, zone, keepDays, log: silentLog }) };
}
const linesOf = async (folder: string, name: string) =>
  (await readFile(join(folder, name), 'utf8'))
    .split('\n')
    .slice(0, -1)
    .map((text) => JSON.parse(text) as SensorLine);

test('a JSON line a file, in the order of the captures, a file a day in the source’s zone', async () => {
  const { folder, lines } = await bench('Pacific/Auckland');
  await Promise.all([1, 2, 3].map((n) => lines.add(line(NOON - DAY + n, `${n}.jpg`))));
  await lines.add(line(NOON));
  expect(await readdir(folder)).toEqual(['20261123.ndjson', '20261124.ndjson']);
  expect((await linesOf(folder, '20261123.ndjson')).map((l) => l.file)).toEqual(['1.jpg', '2.jpg', '3.jpg']);
  expect(await linesOf(folder, '20261124.ndjson')).toEqual([line(NOON)]);
});

test('a line that a power cut tore spoils none after it', async () => {
  const { folder, lines } = await bench();
  await lines.add(line(NOON));
  await appendFile(join(folder, '20261123.ndjson'), '{"at":17955');
  await createSensorLines({ folder, zone: 'UTC', keepDays: 3, log: silentLog }).add(line(NOON + 1, 'b.jpg'));
  const texts = (await readFile(join(folder, '20261123.ndjson'), 'utf8')).split('\n');
  expect(texts[1]).toBe('{"at":17955');
  expect(JSON.parse(texts[2] as string)).toEqual(line(NOON + 1, 'b.jpg'));
});

test('old days go, other files stay', async () => {
  const { folder, lines } = await bench();
  await lines.add(line(NOON - 5 * DAY));
  await lines.add(line(NOON - 3 * DAY));
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await lines.add(line(NOON));
  expect(await readdir(folder)).toEqual(['20261120.ndjson', '20261123.ndjson', 'notes.txt']);
});

test('a folder that cannot be written holds up nobody', async () => {
  const folder = join(await tempFolder(), 'file');
  await writeFile(folder, '');
  await createSensorLines({ folder, zone: 'UTC', keepDays: 3, log: silentLog }).add(line(NOON));
});
