import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { hostKeyOf } from '../support/remote.ts';
import { DEVICE, type Site } from '../support/site.ts';
import { HOST } from './guest.ts';
import { run } from './run.ts';

export const SOURCE = 'garden';
/** Secrets of `vigie.yaml` that must not be found on the card's FAT partition any more. */
export const PASSWORD = 'device-password';

/** What an operator writes for the device of a site: `vigie.yaml`, with a key that lets the test in. */
export async function settingsFor(site: Site, operatorKey: string, every = '4s'): Promise<string> {
  const { hub } = parse(await readFile(join(site.folder, 'agent.yaml'), 'utf8')) as { hub: { url: string } };
  const { port, user, identityFile } = site.sshd;
  return stringify({
    device: DEVICE.device,
    zone: 'Europe/Paris',
    network: { wifi: { name: 'No such network', passphrase: 'planted-passphrase', country: 'FR' } },
    ssh: { keys: [(await readFile(`${operatorKey}.pub`, 'utf8')).trim()] },
    secrets: { broker: PASSWORD, archive: await readFile(identityFile, 'utf8') },
    files: { 'known-hosts': `[${HOST}]:${port} ${hostKeyOf(site.sshd)}\n` },
    hub: { url: hub.url.replace('127.0.0.1', HOST), user: DEVICE.device, passwordFile: 'secrets/broker' },
    destinations: [
      {
        name: 'archive',
        type: 'sftp',
        host: HOST,
        port,
        user,
        identityFile: 'secrets/archive',
        knownHosts: 'files/known-hosts',
        root: join(site.folder, 'landing'),
      },
    ],
    delivery: { retryFrom: '1s', retryUpTo: '5s' },
    stateEvery: '2s',
    sources: [
      { name: SOURCE, every, camera: { type: 'test-picture', width: 320, height: 240 }, destinations: ['archive'] },
    ],
  });
}

export async function newKey(folder: string): Promise<string> {
  const key = join(folder, 'operator');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'operator', '-f', key]);
  return key;
}
