import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { slotsCommand } from '@vigie/agent/commands/slots';
import { agentConfig } from '@vigie/agent/config';
import { main } from '@vigie/agent/main';
import { createSlots } from '@vigie/agent/store/slots';
import { parseConfig } from '@vigie/shared/kit/yaml-config';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';

const MINUTE = 60_000;
/** 12:00 in Paris. */
const NOON = Date.UTC(2026, 6, 1, 10);
const row = (minute: number) => ({ at: NOON + minute * MINUTE, day: '20260701', code: null, message: null });

/** A ledger that an agent has open, with three slots of a day. */
async function site(source = 'every: 5m') {
  const folder = await tempFolder();
  const { ledger } = await testLedger(folder);
  createSlots(ledger, 'garden').fill(
    [
      { ...row(0), state: 'delivered' },
      { ...row(5), state: 'failed', code: 'camera-timeout', message: 'the camera did not answer' },
      { ...row(10), state: 'off', code: 'device-off', message: 'the agent was not running' },
    ],
    NOON + 10 * MINUTE,
  );
  const yaml = `device: cam-1\nzone: Europe/Paris\ndataFolder: ${folder}\nsources:\n  - name: garden\n    camera: { type: test-picture }\n    ${source}\n`;
  const file = join(folder, 'agent.yaml');
  await writeFile(file, yaml);
  return { folder, file, config: parseConfig(file, yaml, agentConfig), session: ledger.session };
}

test('the slots of a day are listed beside a running agent, with what is still to come', async () => {
  const { config } = await site();
  const text = slotsCommand(config, { day: '2026-07-01', json: false, now: NOON + 11 * MINUTE });
  expect(text.split('\n')).toEqual([
    'garden, 20260701 (Europe/Paris): 1 delivered, 1 failed, 1 off, 141 to come',
    '  12:00:00  delivered',
    '  12:05:00  failed      camera-timeout: the camera did not answer',
    '  12:10:00  off         device-off: the agent was not running',
    '',
  ]);
});

test('as JSON, for another day', async () => {
  const { config } = await site();
  const [told] = JSON.parse(slotsCommand(config, { day: '20260630', json: true, now: NOON }));
  expect(told).toMatchObject({ source: 'garden', zone: 'Europe/Paris', day: '20260630', slots: [], toCome: 0 });
});

test('a day that is none, and a ledger that is not there, are told', async () => {
  const { file, config } = await site();
  expect(() => slotsCommand(config, { day: '2026-02-30', json: false, now: NOON })).toThrow('is no date');
  const elsewhere = { ...config, dataFolder: join(config.dataFolder, 'elsewhere') };
  expect(() => slotsCommand(elsewhere, { day: undefined, json: false, now: NOON })).toThrow('there is no ledger');
  expect(await main(['slots', '--config', file, '--day', 'yesterday'])).toBe(2);
});

test.each([
  ['every: 5m\n    cron: "0 12 * * *"', 'one of "every", "cron" and "schedule" is allowed'],
  ['schedule: { windows: [{ every: 5m, from: sunrise }] }', 'a window by the sun needs the site\'s "location"'],
  ['schedule: { windows: [{ every: 5m, from: "25:00" }] }', 'a time of day is allowed'],
  ['pictureName: "%F"', 'a name is allowed, without "/", %P, %R, %F and %E'],
  ['pictureName: "a/b"', 'a name is allowed'],
])('a configuration that cannot be used is refused: %s', async (source, message) => {
  await expect(site(source)).rejects.toThrow(message);
});
