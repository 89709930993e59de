import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AccountsFile, openAccounts } from '@vigie/hub/broker/accounts';
import { type Broker, startBroker } from '@vigie/hub/broker/embedded';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import type { Link, LinkOptions } from '@vigie/shared/link/link';
import { openLink } from '@vigie/shared/link/mqtt';
import {
  downwardFilters,
  HUB_COMMAND_FILTER,
  HUB_STATUS,
  hubTopic,
  topicOf,
  upwardFilters,
} from '@vigie/shared/protocol/topics';
import { expect, onTestFinished, test } from 'vitest';
import { type Logged, recordingLog } from '../../shared/link/recording-log.ts';
import { tempFolder, until } from '../../support/temp.ts';
import { connectPacket, publishPacket, rawClient, subscribePacket } from './raw-client.ts';

const HUB_PASSWORD = 'made anew at each start';
type Taken = { topic: string; text: string };
type Setting = { broker: Broker; accounts: AccountsFile; records: Logged[]; hub: Link; heard: Taken[] };

/** A broker with the devices a and b and the operator olga, whose password is their name, and the hub that listens. */
async function setting(): Promise<Setting> {
  const { log, records } = recordingLog();
  const accounts = openAccounts(join(await tempFolder(), 'accounts'));
  for (const name of ['a', 'b']) await accounts.add({ name, role: 'device' }, name);
  await accounts.add({ name: 'olga', role: 'operator' }, 'olga');
  const broker = await startBroker({ host: '127.0.0.1', port: 0, accounts, hubPassword: HUB_PASSWORD, log });
  onTestFinished(() => broker.close());
  const { link: hub, taken: heard } = open(broker, 'hub', {
    password: HUB_PASSWORD,
    subscriptions: [...upwardFilters(), HUB_COMMAND_FILTER],
  });
  await until('the hub is up', () => hub.connected);
  return { broker, accounts, records, hub, heard };
}

function open({ url }: Broker, user: string, more: Partial<LinkOptions> = {}): { link: Link; taken: Taken[] } {
  const taken: Taken[] = [];
  const link = openLink({
    url,
    clientId: user,
    user,
    password: user,
    protocol: '3.1.1',
    subscriptions: downwardFilters({ site: 'main', device: user }),
    receive: async (topic, payload) => {
      taken.push({ topic, text: payload.toString() });
    },
    clock: systemClock,
    random: () => 0.5,
    log: silentLog,
    reconnect: { baseMs: 30, capMs: 200 },
    ...more,
  });
  onTestFinished(() => link[Symbol.asyncDispose]());
  return { link, taken };
}

const topic = (device: string, family: Parameters<typeof topicOf>[1], sub?: string) =>
  topicOf({ site: 'main', device }, family, sub);
const refusals = (records: Logged[]) =>
  records.filter(({ fields }) => fields.code === 'not-authorised').map(({ message }) => message);
/** CONNACK with this return code. */
const connack = (returnCode: number) => Buffer.from([0x20, 2, 0, returnCode]);

test('a device that publishes for another is refused, named and dropped, and the other way nothing comes', async () => {
  const { broker, records, heard, hub } = await setting();
  const { link } = open(broker, 'a', { reconnect: { baseMs: 60_000, capMs: 60_000 } });
  await until('a is up', () => link.connected);
  await link.publish(topic('a', 'status'), 'mine', { retain: true });
  await expect(link.publish(topic('b', 'status'), 'forged', { retain: true })).rejects.toMatchObject({
    code: 'link-down',
  });
  await until('a is dropped', () => !broker.clients().includes('a'));
  expect(refusals(records)).toEqual([
    'publish to "vigie/v1/main/b/status" by "a": refused, it speaks for another device; "a" may speak for itself alone',
  ]);
  const { link: b } = open(broker, 'b');
  await until('b is up', () => b.connected);
  await b.publish(topic('b', 'event', 'captured'), 'end');
  await until('the end is heard', () => heard.some(({ text }) => text === 'end'));
  expect(heard.map(({ text }) => text)).toEqual(['mine', 'end']);
  expect(hub.connected).toBe(true);
});

test('a last will for another is refused at the door', async () => {
  const { broker, records, heard } = await setting();
  const raw = await rawClient(broker.port);
  raw.socket.write(connectPacket('a', 'a', 'a', { topic: topic('b', 'status'), payload: 'lost' }));
  await raw.closed();
  expect(raw.received()).toEqual(connack(5));
  expect(refusals(records)[0]).toContain('its last will for "vigie/v1/main/b/status" is refused');
  expect(heard).toEqual([]);
});

test('a device that subscribes to what is another’s is refused, and hears none of it, not even after it came back', async () => {
  const { broker, records, hub } = await setting();
  const spy = await rawClient(broker.port);
  const clean = 0x02;
  const connect = connectPacket('a', 'a', 'a');
  expect((connect[9] as number) & clean).toBe(0);
  spy.socket.write(connect);
  await until('the spy is in', () => spy.received().length >= 4);
  spy.socket.write(subscribePacket([topic('a', 'ack'), topic('b', 'ack'), 'vigie/v1/#', '#', '$SYS/#']));
  await until('the answer is there', () => spy.received().length >= 4 + 9);
  expect([...spy.received().subarray(8)]).toEqual([1, 128, 128, 128, 128]);
  expect(refusals(records)).toHaveLength(4);
  await hub.publish(topic('b', 'ack'), 'for b');
  await hub.publish(topic('a', 'ack'), 'for a');
  await until('its own is heard', () => spy.received().includes('for a'));
  spy.socket.destroy();
  await until('the spy is gone', () => !broker.clients().includes('a'));
  await hub.publish(topic('b', 'ack'), 'for b');
  await hub.publish(topic('a', 'ack'), 'for a again');
  const again = await rawClient(broker.port);
  again.socket.write(connect);
  await until('its own is heard', () => again.received().includes('for a again'));
  expect(Buffer.concat([spy.received(), again.received()]).includes('for b')).toBe(false);
});

test('a wrong password, an unknown name and another’s client id are refused, each in its way', async () => {
  const { broker, records } = await setting();
  const refused = async (connect: Buffer) => {
    const raw = await rawClient(broker.port);
    raw.socket.write(connect);
    await raw.closed();
    return raw.received();
  };
  expect(await refused(connectPacket('a', 'a', 'b'))).toEqual(connack(4));
  expect(await refused(connectPacket('nobody', 'nobody', 'a'))).toEqual(connack(4));
  expect(await refused(connectPacket('hub', 'hub', 'guess'))).toEqual(connack(4));
  expect(await refused(connectPacket('b', 'a', 'a'))).toEqual(connack(2));
  expect(await refused(connectPacket('', 'a', 'a'))).toEqual(connack(2));
  expect(broker.clients()).toEqual(['hub']);
  expect(records.filter(({ level }) => level === 'warn')).toHaveLength(5);
});

test('an operator gives commands and reads, and speaks for no device', async () => {
  const { broker } = await setting();
  const device = open(broker, 'a');
  const operator = open(broker, 'olga', { subscriptions: ['vigie/v1/#'] });
  await until('both are up', () => device.link.connected && operator.link.connected);
  await operator.link.publish(topic('a', 'command', 'ping'), 'order');
  await until('the order has come', () => device.taken.length === 1);
  await device.link.publish(topic('a', 'reply', 'ping'), 'answer');
  await until('the answer is read', () => operator.taken.some(({ text }) => text === 'answer'));
  await expect(operator.link.publish(topic('a', 'status'), 'forged')).rejects.toMatchObject({ code: 'link-down' });
});

test('the tools of Mosquitto get on with it', async () => {
  const { broker, heard } = await setting();
  const pub = (...args: string[]) =>
    promisify(execFile)('mosquitto_pub', [
      '-h',
      '127.0.0.1',
      '-p',
      `${broker.port}`,
      '-i',
      'a',
      '-u',
      'a',
      '-P',
      'a',
      ...args,
    ]);
  await pub('-q', '1', '-t', topic('a', 'event', 'captured'), '-m', 'from a shell');
  await until('it is heard', () => heard.length === 1);
  await expect(pub('-V', 'mqttv5', '-t', topic('a', 'event', 'captured'), '-m', 'x')).rejects.toThrow();
});

test('malformed and oversize packets end their connection and nothing else', async () => {
  const { broker, hub, heard, records } = await setting();
  const connect = connectPacket('a', 'a', 'a');
  const oversize = Buffer.from([0x30, 0x80, 0x80, 0x11]);
  const hostile: Record<string, Buffer> = {
    'not MQTT': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    'a second greeting': Buffer.concat([connect, connect]),
    'no greeting first': publishPacket(topic('a', 'status'), Buffer.from('x')),
    'a large greeting': Buffer.concat([Buffer.from([0x10, 0x80, 0x80, 0x02]), Buffer.alloc(32_768)]),
    'a length without end': Buffer.concat([connect, Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f])]),
    'a publish of 278,528 bytes': Buffer.concat([connect, oversize, Buffer.alloc(278_528)]),
    'an announcement of 256 MB': Buffer.concat([connect, Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])]),
    'QoS 3': Buffer.concat([connect, Buffer.from([0x36, 4, 0, 1, 0x61, 0x62])]),
    'QoS 2': Buffer.concat([connect, publishPacket(topic('a', 'status'), Buffer.from('x'), { qos: 2 })]),
    'a topic with a wildcard': Buffer.concat([connect, publishPacket('vigie/v1/main/a/event/+', Buffer.from('x'))]),
    'a topic with NUL': Buffer.concat([connect, publishPacket('vigie/v1/main/a/event/\0', Buffer.from('x'))]),
    'a topic of a thousand levels': Buffer.concat([connect, publishPacket('a/'.repeat(1_000), Buffer.from('x'))]),
    'a topic longer than its packet': Buffer.concat([connect, Buffer.from([0x30, 4, 0xff, 0xff, 0x61, 0x62])]),
    'a filter that is none': Buffer.concat([connect, subscribePacket(['vigie/#/x'])]),
    'an empty subscription': Buffer.concat([connect, Buffer.from([0x82, 2, 0, 1])]),
    'a packet of no type': Buffer.concat([connect, Buffer.from([0x00, 0])]),
    'a packet for servers': Buffer.concat([connect, connack(0)]),
  };
  for (const [what, bytes] of Object.entries(hostile)) {
    const raw = await rawClient(broker.port);
    raw.socket.write(bytes);
    await raw.closed().catch((error: Error) => expect.fail(`${what}: ${error.message}`));
  }
  expect(heard).toEqual([]);
  expect(hub.connected).toBe(true);
  expect(records.filter(({ level }) => level === 'error')).toEqual([]);
  expect(records.filter(({ fields }) => fields.code === 'packet-too-large').length).toBeGreaterThanOrEqual(4);
  const { link } = open(broker, 'a');
  await until('a decent client enters', () => link.connected);
  await link.publish(topic('a', 'event', 'captured'), 'x'.repeat(200_000));
  await until('it is heard', () => heard.length === 1);
});

test('a client that never greets is not kept', async () => {
  const accounts = openAccounts(join(await tempFolder(), 'accounts'));
  const broker = await startBroker({ host: '127.0.0.1', port: 0, accounts, greetingMs: 100, log: silentLog });
  onTestFinished(() => broker.close());
  await (await rawClient(broker.port)).closed();
  const slow = await rawClient(broker.port);
  slow.socket.write(connectPacket('a', 'a', 'a').subarray(0, 5));
  await slow.closed();
});

test('a device keeps no more than its share of retained messages', async () => {
  const { broker, records } = await setting();
  const { link } = open(broker, 'a');
  await until('a is up', () => link.connected);
  for (let n = 0; n < 256; n++) await link.publish(topic('a', 'thumbnail', `source-${n}`), 'x', { retain: true });
  await link.publish(topic('a', 'thumbnail', 'source-0'), '', { retain: true });
  await link.publish(topic('a', 'thumbnail', 'source-256'), 'x', { retain: true });
  await expect(link.publish(topic('a', 'thumbnail', 'source-257'), 'x', { retain: true })).rejects.toMatchObject({
    code: 'link-down',
  });
  expect(refusals(records)[0]).toContain('256 retained topics');
});

test('a kicked client comes back; one whose account is gone does not', async () => {
  const { broker, accounts, heard, records } = await setting();
  const status = topic('a', 'status');
  const { link } = open(broker, 'a', { will: { topic: status, payload: 'lost', retain: true } });
  const losses: string[] = [];
  link.onDisconnect((reason) => losses.push(reason));
  await until('a is up', () => link.connected);
  broker.kick('a');
  broker.kick('nobody');
  await until('a was away and is back', () => losses.length === 1 && link.connected);
  await until('its will was told', () => heard.some(({ text }) => text === 'lost'));
  await accounts.remove('a');
  await until('a is out', () => !broker.clients().includes('a'), 5_000);
  await until('it tried to come back', () =>
    records.some(({ message }) => message.includes('wrong user name or password')),
  );
  expect(broker.clients()).toEqual(['hub']);
});

test('an operator has several clients, and hears the answer to its order; a device has one, and orders nothing', async () => {
  const { broker, hub, heard, records } = await setting();
  const as = (clientId: string, user: string) =>
    open(broker, clientId, { user, password: user, subscriptions: ['vigie/v1/hub/reply/+'] });
  const listening = as('olga', 'olga');
  await until('olga listens', () => listening.link.connected);
  const send = (client: string, user: string, more: string[] = []) =>
    promisify(execFile)(
      'mosquitto_pub',
      [
        '-p',
        `${broker.port}`,
        '-q',
        '1',
        '-i',
        client,
        '-u',
        user,
        '-P',
        user,
        '-m',
        '{}',
        '-t',
        hubTopic('command', 'fleet'),
        ...more,
      ],
      { timeout: 10_000 },
    ).then(
      () => true,
      () => false,
    );
  expect(await send('olga/2', 'olga')).toBe(true);
  await until('the order has come', () => heard.length === 1);
  await hub.publish(hubTopic('reply', 'fleet'), 'answer');
  await until('olga hears it', () => listening.taken.some(({ text }) => text === 'answer'));
  expect(listening.link.connected).toBe(true);
  // Another's name, a session that would outlive its connection, a device's second client, and a device's order.
  expect(await send('a/2', 'olga')).toBe(false);
  expect(await send('olga/3', 'olga', ['-c'])).toBe(false);
  expect(await send('a/2', 'a')).toBe(false);
  expect(await send('a', 'a')).toBe(false);
  expect(heard).toHaveLength(1);
  expect(refusals(records).at(-1)).toContain('the hub takes commands from operators, not from devices');
});

test('a port that is taken is told as such', async () => {
  const { broker, accounts } = await setting();
  const second = startBroker({ host: '127.0.0.1', port: broker.port, accounts, log: silentLog });
  await expect(second).rejects.toMatchObject({ code: 'listen', hint: expect.stringContaining('broker.port') });
});

test('what the broker holds for an absent client is bounded, and the newest are those that are dropped', async () => {
  const { broker, hub, records } = await setting();
  const before = open(broker, 'a');
  await until('a is up', () => before.link.connected);
  await before.link[Symbol.asyncDispose]();
  for (let n = 0; n < 1_200; n += 200) {
    await Promise.all(Array.from({ length: 200 }, (_, i) => hub.publish(topic('a', 'ack'), `${n + i}`)));
  }
  const after = open(broker, 'a');
  await until('the last that was kept has come', () => after.taken.some(({ text }) => text === '999'));
  await hub.publish(topic('a', 'ack'), 'end');
  await until('the end has come', () => after.taken.at(-1)?.text === 'end');
  expect(after.taken.map(({ text }) => text)).toEqual([...Array.from({ length: 1_000 }, (_, n) => `${n}`), 'end']);
  expect(records.filter(({ message }) => message.includes('further ones are dropped'))).toHaveLength(1);
  expect(after.link.connected && hub.connected && HUB_STATUS.length > 0).toBe(true);
});
