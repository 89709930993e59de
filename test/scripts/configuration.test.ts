import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAgentConfig } from '@vigie/agent/config';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { readHubConfig } from '@vigie/hub/config';
import { expect, onTestFinished, test } from 'vitest';
import { admitDevice } from '../../scripts/start/account.ts';
import { DEVICE, writeConfiguration } from '../../scripts/start/configuration.ts';
import { openFolder } from '../../scripts/start/folder.ts';
import { tempFolder } from '../support/temp.ts';

const ports = { http: 8081, mqtt: 1884, sftp: 2223 };

async function written() {
  const folder = openFolder(join(await tempFolder(), 'a "kept" folder: #1'), false);
  onTestFinished(() => folder[Symbol.dispose]());
  const sshd = {
    host: '127.0.0.1',
    port: ports.sftp,
    user: 'somebody',
    identityFile: folder.file('sshd/id_ed25519'),
    knownHosts: folder.file('sshd/known_hosts'),
  };
  const write = () => writeConfiguration(folder, ports, sshd);
  await write();
  return { folder, write };
}

test('both configurations are what the programs accept, in a folder with any name', async () => {
  const { folder } = await written();
  const hub = readHubConfig(folder.file('hub.yaml'));
  const agent = readAgentConfig(folder.file('agent.yaml'));
  expect(agent.destinations).toMatchObject(hub.destinations);
  expect(hub.http.port).toBe(ports.http);
  expect(agent).toMatchObject({ device: DEVICE, hub: { url: 'mqtt://127.0.0.1:1884', user: DEVICE } });
  expect(agent.sources[0]?.destinations).toEqual(['archive']);
});

test('a person’s changes are kept', async () => {
  const { folder, write } = await written();
  const file = folder.file('agent.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('every: 5s', 'every: 7s'));
  await write();
  expect(readAgentConfig(file).sources[0]?.every).toBe(7000);
});

test('the device is let in with the password in its file, again and again', async () => {
  const { folder } = await written();
  const [passwordFile, accountsFile] = [folder.file('agent-password'), folder.file('broker-accounts')];
  await admitDevice(DEVICE, passwordFile, accountsFile);
  const password = readFileSync(passwordFile, 'utf8').trim();
  await admitDevice(DEVICE, passwordFile, accountsFile);
  expect(readFileSync(passwordFile, 'utf8').trim()).toBe(password);
  expect(await openAccounts(accountsFile).verify(DEVICE, password)).toEqual({ name: DEVICE, role: 'device' });

  writeFileSync(passwordFile, 'another one\n');
  await admitDevice(DEVICE, passwordFile, accountsFile);
  expect(await openAccounts(accountsFile).verify(DEVICE, 'another one')).toBeDefined();
  expect(await openAccounts(accountsFile).verify(DEVICE, password)).toBeUndefined();
});
