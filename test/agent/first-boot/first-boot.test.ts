import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAgentConfig } from '@vigie/agent/config';
import { type BootPartition, openBootPartition } from '@vigie/agent/first-boot/boot-partition';
import { firstBoot } from '@vigie/agent/first-boot/first-boot';
import { openSettingsStore, type SettingsStore } from '@vigie/agent/first-boot/settings-store';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const SETTINGS = `# written by hand
device: gate-north
site: harbour
zone: Europe/Paris
network:
  wifi:
    name: Quai n°4
    passphrase: "tres secret"   # ask Anne
    country: FR
    address: 192.168.1.20/24
    gateway: 192.168.1.1
    nameServers: [192.168.1.1]
  timeServers: [ntp.example.org]
ssh:
  keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA operator"]
enrolment:
  token: vigie1.onceonly.äöü
secrets:
  archive-key: |
    -----BEGIN KEY-----
    cGxhbnRlZA==
  hub-password: plain words
files:
  known-hosts: "server.example.org ssh-ed25519 AAAA"
hub: { url: "mqtt://hub.example.org", user: gate-north, passwordFile: secrets/hub-password }
destinations:
  - { name: archive, type: sftp, host: server.example.org, user: vigie, identityFile: secrets/archive-key, knownHosts: files/known-hosts }
sources:
  - { name: gate, every: 10m, camera: { type: test-picture }, destinations: [archive] }
`;
const SECRET_WORDS = ['tres secret', 'onceonly', 'äöü', 'cGxhbnRlZA', 'plain words', 'BEGIN'];

async function device(text: string | Uint8Array = SETTINGS) {
  const folder = await tempFolder();
  const [boot, data] = [join(folder, 'boot'), join(folder, 'data')];
  await mkdir(boot);
  await mkdir(data);
  await writeFile(join(boot, 'vigie.yaml'), text);
  return {
    boot,
    data,
    file: join(boot, 'vigie.yaml'),
    error: join(boot, 'vigie-error.txt'),
    start: () => firstBoot(openBootPartition(boot), openSettingsStore(data)),
    on: (path: string) => readFile(join(data, 'settings/current/root', path), 'utf8'),
  };
}

test('settings become the files of the device, and their secrets are wiped from the card in their places', async () => {
  const { start, file, on, data, boot } = await device();
  const { ino } = await stat(file);
  expect(await start()).toBe('applied');

  expect(await on('etc/hostname')).toBe('gate-north\n');
  expect(await on('etc/ssh/vigie-keys')).toBe('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA operator\n');
  expect(await on('etc/vigie/secrets/archive-key')).toBe('-----BEGIN KEY-----\ncGxhbnRlZA==\n');
  expect(await on('etc/systemd/timesyncd.conf.d/vigie-servers.conf')).toContain('NTP=ntp.example.org');
  expect(await on('etc/systemd/network/21-vigie-wifi.network')).toMatch(
    /Address=192\.168\.1\.20\/24\nDNS=192\.168\.1\.1\n\n\[Route\]\nGateway=192\.168\.1\.1/,
  );
  expect(await readFile(join(data, 'enrolment/token'), 'utf8')).toBe('vigie1.onceonly.äöü\n');
  const agent = readAgentConfig(join(data, 'settings/current/root/etc/vigie/agent.yaml'));
  expect(agent).toMatchObject({ device: 'gate-north', site: 'harbour', dataFolder: '/var/lib/vigie-agent' });
  expect(agent.destinations[0]).toMatchObject({
    identityFile: join(data, 'settings/current/root/etc/vigie/secrets/archive-key'),
  });
  const modes = async (path: string) => (await stat(join(data, 'settings/current/root', path))).mode & 0o777;
  expect(await modes('etc/wpa_supplicant/wpa_supplicant-wlan0.conf')).toBe(0o600);
  expect(await modes('etc/vigie/secrets/archive-key')).toBe(0o640);

  const left = await readFile(file);
  expect(left).toHaveLength(Buffer.byteLength(SETTINGS));
  expect((await stat(file)).ino).toBe(ino);
  for (const word of SECRET_WORDS) expect(left.toString()).not.toContain(word);
  for (const word of ['ask Anne', 'gate-north', 'ssh-ed25519 AAAAC3', 'known-hosts']) {
    expect(left.toString()).toContain(word);
  }
  expect(await readdir(boot)).toEqual(['vigie.yaml']);
  expect(await start()).toBe('unchanged');
});

test('the key of the Wi-Fi is that of IEEE 802.11, and no text of a person needs quotes', async () => {
  // The first test vector of IEEE 802.11-2020, annex J.4.2.
  const { start, on } = await device(
    SETTINGS.replace('Quai n°4', 'IEEE').replace('"tres secret"', 'password').replace('country: FR', 'country: US'),
  );
  expect(await start()).toBe('applied');
  const wifi = await on('etc/wpa_supplicant/wpa_supplicant-wlan0.conf');
  expect(wifi).toContain('psk=f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e');
  expect(wifi).toContain(`ssid=${Buffer.from('IEEE').toString('hex')}`);
  expect(wifi).toContain('country=US');
});

test('a wiped file that is changed keeps the secrets of the device, and a used token is not used again', async () => {
  const { start, file, on, data } = await device();
  await start();
  const wifi = await on('etc/wpa_supplicant/wpa_supplicant-wlan0.conf');
  const token = await readFile(join(data, 'enrolment/token'), 'utf8');
  await writeFile(join(data, 'enrolment/token'), 'as the agent left it');
  await writeFile(file, (await readFile(file, 'utf8')).replace('gate-north', 'gate-south'));
  expect(await start()).toBe('applied');
  expect(await on('etc/hostname')).toBe('gate-south\n');
  expect(await on('etc/wpa_supplicant/wpa_supplicant-wlan0.conf')).toBe(wifi);
  expect(await on('etc/vigie/secrets/hub-password')).toBe('plain words\n');
  expect(await readFile(join(data, 'enrolment/token'), 'utf8')).not.toBe(token);
  // One set is kept: no secret of an earlier one is left behind.
  expect((await readdir(join(data, 'settings'))).filter((name) => /^[0-9a-f]{16}/.test(name))).toHaveLength(1);
});

test.each([
  ['country: FR', 'country: France', /^Line 9: network\.wifi\.country: the two capital letters/m],
  ['zone: Europe/Paris', 'zone: Mars', /^Line 4: zone: /m],
  ['every: 10m', 'evry: 10m', /^Line 29: sources\.0\.evry: no such key is allowed here/m],
  ['device: gate-north\n', '', /^Line \d+: device: /m],
  ['secrets/hub-password', 'secrets/hub-pass', /^Line 25: hub\.passwordFile: "secrets" below has no "hub-pass"/m],
  ['plain words', '____', /^Line 22: secrets\.hub-password: it was wiped/m],
  ['"tres secret"   # ask Anne', 'court', /^Line 8: network\.wifi\.passphrase: 8 to 63 characters/m],
  ['device: gate-north', '  device: gate-north', /^Line \d+: /m],
  ['device: gate-north', 'dataFolder: here\ndevice: gate-north', /^Line 2: dataFolder: it is fixed on a device/m],
  ['plain words', '&a plain\n  other: *a', /anchors/],
])('a mistake in the first file (%j → %j) is told in plain words beside it', async (good, bad, words) => {
  const { start, error, file, data } = await device(SETTINGS.replace(good, bad));
  const text = await readFile(file);
  expect(await start()).toBe('refused');
  const told = await readFile(error, 'utf8');
  expect(told.replaceAll('\r\n', '\n')).toMatch(words);
  expect(told).toContain('\r\n');
  for (const word of ['tres', 'onceonly', 'plain']) expect(told).not.toContain(word);
  expect(await readFile(file)).toEqual(text);
  expect(await readdir(join(data, 'settings'))).toEqual(['seen']);
});

test('with a mistake the device goes on with the last good settings; mended, the text beside it goes away', async () => {
  const { start, file, error, on } = await device();
  await start();
  const wiped = await readFile(file, 'utf8');
  await writeFile(file, wiped.replace('every: 10m', 'every: soon'));
  expect(await start()).toBe('refused');
  expect(await on('etc/hostname')).toBe('gate-north\n');
  expect(await on('etc/vigie/agent.yaml')).toContain('every: 10m');
  expect(await start()).toBe('unchanged');
  await writeFile(file, wiped.replace('every: 10m', 'every: 20m'));
  expect(await start()).toBe('applied');
  await expect(readFile(error)).rejects.toThrow('ENOENT');
  expect(await on('etc/vigie/agent.yaml')).toContain('every: 20m');
});

test('what is no UTF-8 is told, and remarks alone are no settings', async () => {
  const strange = await device(Buffer.from(SETTINGS, 'utf16le'));
  expect(await strange.start()).toBe('refused');
  const { start, data } = await device('# device: gate-north\n\n');
  expect(await start()).toBe('absent');
  expect(await readdir(join(data, 'settings'))).toEqual(['seen']);
});

/** Ends the run before its nth act, as a power cut does. */
function cutBefore(n: number, boot: BootPartition, store: SettingsStore) {
  let acts = 0;
  const cutting = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const act = Reflect.get(target, name) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          if (/^(put|overwrite|clear|note|forget)/.test(String(name)) && acts++ >= n)
            throw new Error('the power is cut');
          return act(...args);
        };
      },
    });
  return { boot: cutting(boot), store: cutting(store) };
}

test('after a power cut before any of the steps the next start ends as one without it', async () => {
  const whole = await device();
  await whole.start();
  const outcome = async ({ data, file }: { data: string; file: string }) => [
    await readlink(join(data, 'settings/current')),
    (await readdir(join(data, 'settings'))).sort(),
    await readFile(join(data, 'enrolment/token'), 'utf8'),
    await readFile(file, 'utf8'),
  ];
  let cuts = 0;
  for (let n = 0; ; n++) {
    const cut = await device();
    const parts = cutBefore(n, openBootPartition(cut.boot), openSettingsStore(cut.data));
    const ended = await firstBoot(parts.boot, parts.store).catch((error: Error) => error.message);
    if (ended === 'applied') break;
    expect(ended).toBe('the power is cut');
    cuts += 1;
    await cut.start();
    expect(await outcome(cut)).toEqual(await outcome(whole));
  }
  expect(cuts).toBe(6);
});
