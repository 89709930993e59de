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
  let unanswered = 0;
  const said = (device: string) => {
    const address = { site: 'main', device };
    return { status: topicOf(address, 'status'), event: topicOf(address, 'event', 'captured') };
  };
  const links = DEVICES.map((device) => {
    const address = { site: 'main', device };
    const { status, event } = said(device);
    const link = open(device, 'secret', downwardFilters(address));
    link.onConnect(() => {
      for (const topic of [status, event]) {
        unanswered++;
        void link.publish(topic, 'here', { retain: topic === status }).then(() => unanswered--);
      }
    });
    return link;
  });
  const allUp = () => links.every((link) => link.connected);
  // An event that came before the hub had subscribed again is lost; a status is retained.
  const statusesHeard = () => unanswered === 0 && DEVICES.every((device) => heard.has(said(device).status));
  await until('all are up', allUp, 40_000);
  await until('each is heard', statusesHeard);
  await broker.close();
  await until('all are down', () => !links.some((link) => link.connected));
  heard.clear();
  broker = await start(port);
  await until('all are back', allUp, 40_000);
  await until('each is heard again', statusesHeard);
  expect(broker.clients()).toHaveLength(201);
});
