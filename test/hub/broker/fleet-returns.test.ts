import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { startBroker } from '@vigie/hub/broker/embedded';
import { hashPassword } from '@vigie/hub/broker/password';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { openLink } from '@vigie/shared/link/mqtt';
import { downwardFilters, topicOf, upwardFilters } from '@vigie/shared/protocol/topics';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';

const DEVICES = Array.from({ length: 200 }, (_, n) => `cam-${n}`);

test('200 devices return together after the hub was away, and each is heard', async () => {
  const file = join(await tempFolder(), 'accounts');
  const hash = await hashPassword('secret', { N: 1_024, r: 8, p: 1 });
  await writeFile(file, DEVICES.map((name) => `${name}:device:${hash}\n`).join(''));
  const start = (port: number) =>
    startBroker({ host: '127.0.0.1', port, accounts: openAccounts(file), hubPassword: 'hub', log: silentLog });
  let broker = await start(0);
  onTestFinished(() => broker.close());
  const { url, port } = broker;

  const heard = new Map<string, number>();
  const open = (name: string, password: string, subscriptions: string[]) => {
    const link = openLink({
      url,
      clientId: name,
      user: name,
      password,
      protocol: 'auto',
      subscriptions,
      receive: async (topic) => {
        heard.set(topic, (heard.get(topic) ?? 0) + 1);
      },
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      reconnect: { baseMs: 100, capMs: 1_000 },
    });
    onTestFinished(() => link[Symbol.asyncDispose]());
    return link;
  };
  open('hub', 'hub', upwardFilters());
  const links = DEVICES.map((device) => {
    const address = { site: 'main', device };
    const link = open(device, 'secret', downwardFilters(address));
    link.onConnect(() => {
      void link.publish(topicOf(address, 'status'), 'ready', { retain: true });
      void link.publish(topicOf(address, 'event', 'captured'), 'picture');
    });
    return link;
  });
  const allUp = () => links.every((link) => link.connected);
  await until('all are up', allUp, 40_000);
  await broker.close();
  await until('all are down', () => !links.some((link) => link.connected));
  heard.clear();
  broker = await start(port);
  await until('all are back', allUp, 40_000);
  await until('each status is heard', () =>
    DEVICES.every((device) => heard.has(topicOf({ site: 'main', device }, 'status'))),
  );
  expect(broker.clients()).toHaveLength(201);
});
