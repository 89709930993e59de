import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesBelow, startSite } from '../support/site.ts';
import { tempFolder, until } from '../support/temp.ts';
import { newKey, SOURCE, settingsFor } from './device.ts';
import { newCard, switchOn } from './guest.ts';

const ARRIVAL_LIMIT_MS = 1_500_000;

test('on the board of a Raspberry Pi 3 the first picture arrives, with the settings of vigie.yaml', async () => {
  const folder = await tempFolder();
  const site = await startSite({ agentRuns: false, sources: [{ name: SOURCE, camera: { type: 'test-picture' } }] });
  const card = await newCard(folder);
  await card.write('vigie.yaml', await settingsFor(site, await newKey(folder), '30s'));
  const begin = performance.now();
  const guest = await switchOn(card, { machine: 'raspi3b', log: join(folder, 'console') });
  const arrived = async () => (await filesBelow(site.landing(SOURCE))).size > 0;
  await until('the first picture has arrived', arrived, ARRIVAL_LIMIT_MS).catch((error: Error) => {
    throw new Error(`${error.message}\n${guest.console().slice(-6_000)}`);
  });
  process.stdout.write(`the first picture arrived after ${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
  expect(await card.names()).not.toContain('vigie-error.txt');
}, 1_800_000);
