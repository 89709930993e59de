import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { labelled, labelOf } from '@vigie/shared/protocol/thumbnail';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { drop } from '../support/pictures.ts';
import { randomOf } from '../support/random.ts';
import { hostKeyOf } from '../support/remote.ts';
import { filesBelow, type Site, startSite } from '../support/site.ts';
import { createSlowLink, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/temp.ts';

/** What the device and the hub have between them: 1 Mbit/s up, for pictures and messages together. */
const BYTES_PER_SECOND = 125_000;
const INTERVAL_MS = 300_000;
const PICTURES = Number(process.env.PICTURES ?? 72);
const PICTURE_BYTES = Number(process.env.PICTURE_BYTES ?? 4_500_000);
/** A fresh picture each so often, while the backlog is sent. */
const LIVE_EVERY_MS = (PICTURE_BYTES / BYTES_PER_SECOND) * 5_000;

/** A JPEG of about the wanted size that does not get smaller. */
async function noise(bytes: number): Promise<Buffer> {
  const width = Math.ceil(Math.sqrt(bytes / 1.36));
  const random = randomOf(7);
  const raw = Buffer.from(Array.from({ length: width * width * 3 }, () => Math.floor(random() * 256)));
  return sharp(raw, { raw: { width, height: width, channels: 3 } })
    .jpeg({ quality: 100 })
    .toBuffer();
}

const nameAt = (at: number): string => `${new Date(at).toISOString().replace(/\D/g, '').slice(0, 14)}.jpg`;
const pathOf = (name: string): string => `${name.slice(0, 8)}/${name}`;

test('six hours of pictures go over 1 Mbit/s behind the fresh ones, and the newest preview is there at once', {
  timeout: 2 * 3_600_000,
}, async () => {
  const site = await startSite({
    broker: 'mosquitto',
    hub: { resync: { policy: 'never' } },
    agentRuns: false,
    agent: { zone: 'UTC', delivery: { retryFrom: '1s', retryUpTo: '10s', stall: '30s' } },
    sources: [
      {
        name: 'garden',
        camera: { type: 'test-picture' },
        watchedFolder: { interval: '500ms', waitTime: '0ms', batchSize: 50, preserve: null },
        destinations: ['archive'],
      },
    ],
  });
  const { sftp, broker } = await behindOneLink(site);
  for (const proxy of [sftp, broker]) proxy.refuse(true);
  site.startAgent();
  await site.takesFiles('garden');

  const base = await noise(PICTURE_BYTES);
  const size = labelled(base, 'x').length;
  const ownMs = (size / BYTES_PER_SECOND) * 1000;
  const now = Date.now();
  const names = Array.from({ length: PICTURES }, (_, n) => nameAt(now - (PICTURES - n) * INTERVAL_MS));
  for (const name of names) await drop(site.watched('garden'), name, labelled(base, name));
  const held = join(site.watched('garden'), 'result');
  await until('all of the outage is filed', async () => (await filesBelow(held)).size === PICTURES, 300_000);

  await site.agent.stop();
  ageDeliveries(site);
  site.startAgent();
  await site.takesFiles('garden');

  const newest = pathOf(names.at(-1) as string);
  const backAt = performance.now();
  for (const proxy of [sftp, broker]) proxy.refuse(false);
  await until('the newest preview is at the hub', async () => (await previewShown(site)) === newest, 120_000);
  const previewMs = performance.now() - backAt;
  process.stdout.write(`the newest preview was at the hub after ${(previewMs / 1000).toFixed(1)} s\n`);

  const there = async (name: string) => (await filesBelow(site.landing('garden'))).has(pathOf(name));
  const live: number[] = [];
  const arrived = async () => [...(await filesBelow(site.landing('garden'))).keys()].filter((p) => p.endsWith('.jpg'));
  const left = async () => PICTURES + live.length - (await arrived()).length;
  let dueAt = performance.now() + LIVE_EVERY_MS / 2;
  while ((await left()) > 0) {
    if (performance.now() < dueAt) {
      await sleep(1_000);
      continue;
    }
    dueAt += LIVE_EVERY_MS;
    const name = nameAt(Date.now());
    const begun = performance.now();
    await drop(site.watched('garden'), name, labelled(base, name));
    await until('a fresh picture has arrived', () => there(name), 20 * ownMs);
    live.push((performance.now() - begun) / ownMs);
    process.stdout.write(`fresh picture in ${live.at(-1)?.toFixed(2)} x its own time; ${await left()} left\n`);
  }
  const worst = live.sort((a, b) => a - b)[Math.max(0, Math.ceil(live.length * 0.95) - 1)] as number;
  const allMs = performance.now() - backAt;
  const share = ((PICTURES + live.length) * ownMs) / allMs;
  process.stdout.write(
    `${PICTURES} pictures and ${live.length} fresh ones of ${size} bytes in ${(allMs / 60_000).toFixed(1)} min: ${share.toFixed(3)} of the link; p95 ${worst.toFixed(2)} x\n`,
  );
  expect(previewMs).toBeLessThan(15_000);
  expect(worst).toBeLessThan(2);
  expect([...(await filesBelow(site.landing('garden')))].sort()).toEqual([...(await filesBelow(held))].sort());
});

async function previewShown(site: Site): Promise<string | null> {
  const response = await site.api.request('/devices/main/cam-1/sources/garden/preview');
  return response.ok ? labelOf(Buffer.from(await response.arrayBuffer())) : null;
}

/** Puts one slow link between the agent and both the server and the broker. */
async function behindOneLink(site: Site): Promise<{ sftp: TcpProxy; broker: TcpProxy }> {
  const link = createSlowLink(BYTES_PER_SECOND);
  const knownHosts = join(site.folder, 'known-hosts-by-link');
  await writeFile(knownHosts, `127.0.0.1 ${hostKeyOf(site.sshd)}\n`);
  const proxies: TcpProxy[] = [];
  const brokerPort = await new Promise<number>((told, fail) => {
    site.configureAgent((config) => told(Number(new URL((config.hub as { url: string }).url).port))).catch(fail);
  });
  for (const port of [site.sshd.port, brokerPort]) {
    const proxy = await startTcpProxy({ target: { host: '127.0.0.1', port } });
    proxy.bandwidth(link);
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    proxies.push(proxy);
  }
  const [sftp, broker] = proxies as [TcpProxy, TcpProxy];
  await site.configureAgent((config) => {
    config.hub = { ...(config.hub as object), url: `mqtt://127.0.0.1:${broker.port}` };
    for (const destination of config.destinations) Object.assign(destination, { port: sftp.port, knownHosts });
  });
  return { sftp, broker };
}

/** What took seconds here took six hours: by then the ledger calls it a backlog. */
function ageDeliveries(site: Site): void {
  const database = new DatabaseSync(join(site.folder, 'agent/ledger.sqlite'));
  database.exec("update delivery set lane = 'backfill'");
  database.close();
}
