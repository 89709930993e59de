import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runAgent } from '@vigie/agent/agent';
import { slotsCommand } from '@vigie/agent/commands/slots';
import { agentConfig } from '@vigie/agent/config';
import { readLedger } from '@vigie/agent/store/read-ledger';
import { asset, outbox, slot } from '@vigie/agent/store/schema';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';

/** The whole agent, on a machine whose clock stands in 1970 until it is set. */
test('an agent that starts in 1970 takes and delivers pictures, and gives them their true times when the clock is set', async () => {
  const folder = await tempFolder();
  const archive = join(folder, 'archive');
  await mkdir(archive);
  const config = agentConfig.parse({
    device: 'cam-1',
    dataFolder: join(folder, 'data'),
    destinations: [{ name: 'archive', type: 'directory', root: archive, folder: '{source}' }],
    sources: [
      {
        name: 'garden',
        camera: { type: 'test-picture', width: 160, height: 120 },
        every: '1s',
        destinations: ['archive'],
      },
    ],
  });
  let behindMs = Date.now() - 3_600_000;
  const clock = { ...systemClock, now: () => Date.now() - behindMs };
  const stopping = new AbortController();
  const running = runAgent(config, silentLog, stopping.signal, () => stopping.abort(), undefined, clock);
  try {
    const delivered = async () => (await readdir(join(archive, 'garden/19700101')).catch(() => [])).filter(isPicture);
    await until('two pictures of 1970 are delivered', async () => (await delivered()).length >= 2, 60_000);
    behindMs = 0;
    const days = () => JSON.parse(slotsCommand(config, { day: undefined, json: true, now: Date.now() }));
    await until('a picture of today is delivered', () => days()[0].figures.delivered >= 3, 60_000);
    expect(new Set((await delivered()).map((name) => name.slice(0, 10)))).toEqual(new Set(['1970010101']));
  } finally {
    stopping.abort();
    await running;
  }

  using ledger = readLedger(config.dataFolder);
  const assets = ledger.database.select().from(asset).all();
  const early = assets.filter(({ path }) => path.startsWith('19700101/'));
  expect(early.length).toBeGreaterThanOrEqual(2);
  for (const { capturedAt, trueAt } of early) {
    expect(capturedAt).toBeLessThan(86_400_000);
    expect(Math.abs((trueAt ?? 0) - Date.now())).toBeLessThan(180_000);
  }
  // No slot of 1970 is left, and none is there twice: their captures are those of today.
  const slots = ledger.database.select().from(slot).all();
  expect(Math.min(...slots.map(({ at }) => at))).toBeGreaterThan(Date.now() - 180_000);
  const events = ledger.database.select().from(outbox).all();
  const types = events.map(({ type }) => type);
  expect(types.filter((type) => type === 'clock-step')).toHaveLength(1);
  expect(types.filter((type) => type === 'time-corrected').length).toBe(early.length);
}, 150_000);

const isPicture = (name: string): boolean => name.endsWith('.jpg');
