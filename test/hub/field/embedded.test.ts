import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { startBroker } from '@vigie/hub/broker/embedded';
import { readHubConfig } from '@vigie/hub/config';
import { createEmbeddedDoor } from '@vigie/hub/field/embedded-door';
import { silentLog } from '@vigie/shared/kit/log';
import { connectAsync } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';

async function started() {
  const accounts = openAccounts(join(await tempFolder(), 'accounts'));
  const broker = await startBroker({ host: '127.0.0.1', port: 0, accounts, log: silentLog });
  onTestFinished(() => broker.close());
  return { accounts, broker };
}

test('the embedded broker is on loopback alone, and no configuration says otherwise', async () => {
  const { broker } = await started();
  const outside = Object.values(networkInterfaces())
    .flat()
    .filter((at) => at?.internal === false && at.family === 'IPv4');
  for (const { address } of outside as { address: string }[]) {
    const socket = createConnection({ host: address, port: broker.port });
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
  const file = join(await tempFolder(), 'hub.yaml');
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'broker.example', '']) {
    await writeFile(
      file,
      `dataFolder: d\nbroker: { type: embedded, accountsFile: a, host: ${JSON.stringify(host)} }\n`,
    );
    expect(() => readHubConfig(file)).toThrow(/127\.0\.0\.1/);
  }
});

test('a device that is shut out of the embedded broker is gone and cannot come back', async () => {
  const { accounts, broker } = await started();
  await accounts.add({ name: 'cam-1', role: 'device' }, 'secret');
  const connect = () =>
    connectAsync(broker.url, { clientId: 'cam-1', username: 'cam-1', password: 'secret', reconnectPeriod: 0 }, false);
  const client = await connect();
  onTestFinished(() => client.endAsync(true));
  const door = createEmbeddedDoor({ accounts, broker });
  expect(await door.isShut('cam-1')).toBe(false);
  await door.shut('cam-1');
  await until('it is out', () => !client.connected);
  await until('the door is shut', () => door.isShut('cam-1'));
  await expect(connect()).rejects.toMatchObject({ code: 4 });
});
