import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from '@vigie/hub/http/schema';
import { expect, test } from 'vitest';
import { randomOf } from '../support/random.ts';
import { DEVICE, filesBelow, startSite } from '../support/site.ts';
import { tempFolder, until } from '../support/temp.ts';
import { newKey, PASSWORD, SOURCE, settingsFor } from './device.ts';
import { type Guest, newCard, switchOn } from './guest.ts';

const CUTS = Number(process.env.VIGIE_CUTS ?? 20);
const SEED = Number(process.env.VIGIE_SEED ?? Date.now() % 100_000);
const ARRIVAL_LIMIT_MS = 400_000;
const left: Side = { type: 'source', ...DEVICE, source: SOURCE };
const right: Side = { type: 'destination', destination: 'archive', ...DEVICE, source: SOURCE };

test('a flashed device takes pictures, delivers them and shows on the hub; nothing is lost over power cuts', async () => {
  const folder = await tempFolder();
  const site = await startSite({ agentRuns: false, sources: [{ name: SOURCE, camera: { type: 'test-picture' } }] });
  const card = await newCard(folder);
  const key = await newKey(folder);
  await card.write('vigie.yaml', await settingsFor(site, key));

  let guest = await switchOn(card, { key, log: join(folder, 'console-0') });
  const landed = async () => [...(await filesBelow(site.landing(SOURCE))).keys()].filter((p) => !p.endsWith('.part'));
  const begin = performance.now();
  await until('the first picture has arrived', async () => (await landed()).length > 0, ARRIVAL_LIMIT_MS).catch(
    (error: Error) => {
      throw new Error(`${error.message}\n${guest.console().slice(-6_000)}`);
    },
  );
  const bootMs = performance.now() - begin;
  process.stdout.write(`the first picture arrived ${(bootMs / 1000).toFixed(0)} s after the power came\n`);
  const device = await until('the hub knows the device', async () => (await site.api.get('/devices'))[0]);
  expect(device).toMatchObject({ site: DEVICE.site, device: DEVICE.device });
  await until(
    'the hub shows the picture',
    async () => {
      const days = await site.api.get(`/devices/${DEVICE.site}/${DEVICE.device}/sources/${SOURCE}/days`);
      return days[0] !== undefined;
    },
    60_000,
  );
  await inOrder(guest);

  const wiped = await card.read('vigie.yaml');
  for (const secret of [PASSWORD, 'planted-passphrase', 'OPENSSH PRIVATE']) expect(wiped).not.toContain(secret);
  expect(await card.names()).not.toContain('vigie-error.txt');

  process.stdout.write(`${CUTS} power cuts, with VIGIE_SEED=${SEED}\n`);
  const random = randomOf(SEED);
  for (let n = 1; n <= CUTS; n++) {
    await sleep(random() * 3_000);
    await guest.cut();
    guest = await switchOn(card, { key, log: join(folder, `console-${n}`) });
    const ms = random() * bootMs * 1.6;
    await sleep(ms);
    process.stdout.write(
      `cut ${n} after ${(ms / 1000).toFixed(1)} s; ${(await landed()).length} pictures have arrived\n`,
    );
  }
  await guest.cut();

  // The camera rests: what is captured now stays as it is. The wiped secrets of the file are those that the device has.
  await card.write('vigie.yaml', (await card.read('vigie.yaml')).replace(/ +every: .*\n/, ''));
  guest = await switchOn(card, { key, log: join(folder, 'console-last') });
  const report = await until(
    'both ends agree',
    async () => {
      const made = await site.api.report(left, right);
      return made.missing.count === 0 && made.source.count > 0 && made.asOf === null ? made : undefined;
    },
    ARRIVAL_LIMIT_MS,
  );
  await guest.cut();
  expect(report).toMatchObject({
    state: 'completed',
    extra: { count: 0 },
    differing: { count: 0 },
    corrupt: { count: 0 },
  });

  // The hub's word is held against the card itself: every picture on it is at the destination, byte for byte.
  await card.takeOut(`/agent/sources/${SOURCE}`, folder);
  const kept = await filesBelow(join(folder, SOURCE, 'result'));
  const there = await filesBelow(site.landing(SOURCE));
  expect(kept.size).toBeGreaterThan(0);
  expect(there).toEqual(kept);
  expect(await filesBelow(join(folder, SOURCE, 'input'))).toEqual(new Map());
  process.stdout.write(`${kept.size} pictures over ${CUTS} power cuts: all have arrived\n`);
}, 3_600_000);

/** The device itself: only SSH is open, the root file system is not written to, the data partition has grown, nothing has failed. */
async function inOrder(guest: Guest): Promise<void> {
  const open = await until(
    'SSH answers',
    // What it says while it does not answer yet is told by the wait's own end.
    () => guest.ssh('ss -Hlntu').catch(() => undefined),
    120_000,
  );
  const ports = open
    .split('\n')
    .filter((line) => line !== '' && !/ 127\.0\.0\.5\d(%lo)?:53 /.test(line))
    .map((line) => line.split(/ +/)[4]);
  // The client of DHCP hears on 68 alone.
  expect(ports.filter((port) => !/:(68|546)$/.test(port ?? '')).sort()).toEqual(['0.0.0.0:22', '[::]:22']);
  expect(await guest.ssh('findmnt -no FSTYPE,OPTIONS /')).toMatch(/^overlay .*lowerdir=\/lower/);
  expect(await guest.ssh('findmnt -no FSTYPE,OPTIONS /data')).toMatch(/^ext4 .*errors=remount-ro/);
  expect(await guest.ssh('findmnt -no OPTIONS /boot/firmware')).toMatch(/^ro,/);
  expect(Number(await guest.ssh('df -B1 --output=size /data | tail -1'))).toBeGreaterThan(1.5 * 2 ** 30);
  expect(await guest.ssh('cat /etc/hostname /proc/sys/kernel/hostname')).toBe('cam-1\ncam-1\n');
  expect(await guest.ssh('swapon --noheadings --show=NAME')).toContain('/dev/zram0');
  expect(await guest.ssh('systemctl show -p RuntimeWatchdogUSec --value')).toBe('14s\n');
  expect(await guest.ssh('systemctl --failed --no-legend --plain')).toBe('');
  expect(await guest.ssh('stat -c %a:%U /data/settings/current /etc/vigie/secrets/broker')).toMatch(/640:root/);
}
