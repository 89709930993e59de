import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentConfig } from '@vigie/agent/config';
import { createPictureProcess } from '@vigie/agent/process/picture-process';
import { openSource } from '@vigie/agent/source';
import { createRebuild } from '@vigie/agent/store/rebuild';
import { silentLog } from '@vigie/shared/kit/log';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder, until } from '../../support/temp.ts';

const DAY = 86_400_000;
const yes = () => ({ ok: true }) as const;

/** The source `garden` at work on a folder with files that its ledger may not know, at a time of its own. */
async function gardenAt(folder: string, root: string, now: number) {
  const clock = {
    now: () => now,
    monotonic: () => performance.now(),
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((done) => {
        const timer = setTimeout(done, Math.min(ms, 50));
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          done();
        });
      }),
  };
  const { ledger, outbox, deliveries } = await testLedger(folder, clock);
  const config = agentConfig.parse({
    device: 'test',
    dataFolder: folder,
    sources: [{ name: 'garden', camera: { type: 'test-picture' }, watchedFolder: { path: root }, destinations: [] }],
  });
  const pictures = createPictureProcess({ environment: {}, clock, log: silentLog });
  const source = openSource({
    config: config.sources[0] as never,
    agent: config,
    ...{ ledger, outbox, deliveries, fontFile: '', pictures, powerCycle: undefined },
    ...{ filed: () => undefined, changed: () => undefined, restart: () => undefined, captured: () => undefined },
    ...{
      purges: { madeOf: () => undefined as never },
      mayDelete: () => false as never,
      mayCapture: yes,
      mayProcess: yes,
    },
    trust: { level: () => 'synchronised', steps: () => 0, mark: () => ({}) as never, look: async () => undefined },
    ...{ bootId: 'boot', clock, random: Math.random, log: silentLog },
  });
  const stopping = new AbortController();
  const running = source.run(stopping.signal);
  return {
    source,
    ledger,
    async stop() {
      stopping.abort();
      await running;
      await source[Symbol.asyncDispose]();
      await pictures[Symbol.asyncDispose]();
    },
  };
}

test('a ledger that began anew makes its source absent until every file is in it, also over a crash midway', async () => {
  const folder = await tempFolder();
  const root = join(folder, 'garden');
  await mkdir(join(root, 'result/20261101'), { recursive: true });
  for (let i = 0; i < 5; i++) await writeFile(join(root, `result/20261101/2026110112000${i}.jpg`), `picture ${i}`);

  // By this agent's clock the files have just come: they may be in the hands of a job, and are left to a later audit.
  const first = await gardenAt(folder, root, Date.now() - DAY);
  await until('the folder is open', () => first.source.rebuilding());
  await until('an audit has gone by', () => first.source.trustsAbsence());
  expect([first.source.storage(), first.source.assets.held().count]).toEqual(['absent', 0]);
  await first.stop();

  const second = await gardenAt(folder, root, Date.now() + DAY);
  expect(second.source.storage()).toBe('absent');
  await until('the source is there again', () => second.source.storage() === 'present');
  expect(second.source.assets.held().count).toBe(5);
  expect(second.source.rebuilding()).toBe(false);
  await second.stop();
  expect(createRebuild(second.ledger, 'garden').isWhole()).toBe(true);
  expect(createRebuild(second.ledger, 'another').isWhole()).toBe(false);
});
