import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accountOf, checkDeviceName } from '@vigie/hub/field/account';
import { openBrokerControl } from '@vigie/hub/field/broker-control';
import { type BrokerDoor, createBrokerDoor } from '@vigie/hub/field/broker-door';
import { HUB_USER, OPERATOR_ROLE } from '@vigie/hub/field/broker-rules';
import { createRequests } from '@vigie/hub/field/requests';
import { openAuthority } from '@vigie/hub/identity/authority';
import { systemClock } from '@vigie/shared/kit/clock';
import { createLog } from '@vigie/shared/kit/log';
import { downwardFilters, HUB_STATUS, hubTopic, topicOf, UPWARD } from '@vigie/shared/protocol/topics';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { expect, onTestFinished, test } from 'vitest';
import { type Credentials, deviceCredentials, type FieldBroker, startFieldBroker } from '../../support/field.ts';
import { until } from '../../support/temp.ts';

const log = createLog('test', 'silent');
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDgHlH0mHbYvJv4tIq3mJwbHl0mEoA4bqkYwP2Cr8VsT';

/** A broker as in the field, its door, and what the hub has revoked. */
async function site({ limitMs = 4_000 } = {}) {
  const broker = await startFieldBroker();
  const revoked: { serial: string; at: number }[] = [];
  const control = openBrokerControl({
    broker: { url: broker.url, user: HUB_USER, password: broker.password },
    clock: systemClock,
    random: () => 0.5,
    log,
  });
  onTestFinished(() => control[Symbol.asyncDispose]());
  const door = createBrokerDoor({
    control,
    requests: createRequests({ folder: broker.at.requests, clock: systemClock, limitMs }),
    revokedFile: broker.at.revoked,
    revoked: () => revoked,
    sign: broker.authority.revocations,
    clock: systemClock,
  });
  await until('the hub may give orders to the broker', () =>
    control.run([{ command: 'listRoles' }]).then(
      () => true,
      () => false,
    ),
  );
  return { broker, revoked, door, control };
}

const admit = (door: BrokerDoor, device: string) => door.admit({ device, sshPublicKey: key });

async function connect(
  { port, authority }: FieldBroker,
  who: Credentials | undefined,
  options: IClientOptions = {},
): Promise<MqttClient> {
  const client = await connectAsync(
    `mqtts://127.0.0.1:${port}`,
    {
      ca: authority.certificate,
      ...(who && { key: who.key, cert: who.cert }),
      clientId: `test-${randomBytes(4).toString('hex')}`,
      protocolVersion: 5,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: 5_000,
      ...options,
    },
    false,
  );
  onTestFinished(() => client.endAsync(true));
  client.on('error', () => undefined);
  return client;
}

async function asHub({ url, password }: FieldBroker): Promise<{ client: MqttClient; heard: string[] }> {
  const client = await connectAsync(url, { username: HUB_USER, password, clientId: 'hub', protocolVersion: 5 });
  onTestFinished(() => client.endAsync(true));
  const heard: string[] = [];
  client.on('message', (topic) => heard.push(topic));
  return { client, heard };
}

/** What the broker answers: 135 is "not authorised". */
async function answer(act: Promise<unknown>): Promise<number> {
  try {
    const granted = await act;
    const code = Array.isArray(granted) ? (granted[0] as { qos: number } | undefined)?.qos : 0;
    return code ?? 0;
  } catch (error) {
    const { code, packet } = error as { code?: number; packet?: { granted?: number[] } };
    return packet?.granted?.[0] ?? code ?? -1;
  }
}
const REFUSED = 135;

test('a device speaks and hears on its own topics, and on no others', async () => {
  const { broker, door } = await site();
  await admit(door, 'cam-1');
  await admit(door, 'cam-2');
  const hub = await asHub(broker);
  await hub.client.subscribeAsync(UPWARD.map((family) => topicOf({ site: '+', device: '+' }, family, '+')));
  const one = await connect(broker, await deviceCredentials(broker.folder, broker.authority, 'cam-1'));
  const heard: string[] = [];
  one.on('message', (topic) => heard.push(topic));
  const own = { site: 'main', device: 'cam-1' };
  const other = { site: 'main', device: 'cam-2' };

  for (const family of UPWARD)
    expect([family, await answer(one.publishAsync(topicOf(own, family, 'a'), 'x', { qos: 1, retain: true }))]).toEqual([
      family,
      0,
    ]);
  for (const filter of downwardFilters(own))
    expect([filter, await answer(one.subscribeAsync(filter, { qos: 1 }))]).toEqual([filter, 1]);
  await until('the hub has heard it all', () => hub.heard.length === UPWARD.length);

  const foreign = [
    ...UPWARD.map((family) => topicOf(other, family, 'a')),
    ...(['ack', 'command', 'job/next', 'inventory/get'] as const).flatMap((family) => [
      topicOf(own, family, 'a'),
      topicOf(other, family, 'a'),
    ]),
    ...[HUB_STATUS, hubTopic('command', 'report'), hubTopic('reply', 'report')],
    ...[
      '$CONTROL/dynamic-security/v1',
      '$SYS/broker/uptime',
      '$SYS/x',
      'x',
      'vigie/v1/main',
      `${topicOf(own, 'status')}/x`,
    ],
  ];
  for (const topic of foreign) {
    for (const retain of [false, true]) {
      expect([topic, await answer(one.publishAsync(topic, 'x', { qos: 1, retain }))]).toEqual([topic, REFUSED]);
    }
  }
  const filters = [
    ...['#', '+/#', 'vigie/#', 'vigie/v1/#', 'vigie/v1/+/+/status', 'vigie/v1/+/+/command/+', 'vigie/v1/main/+/ack'],
    ...['$SYS/#', '$SYS/broker/clients/connected', '$CONTROL/#', '$CONTROL/dynamic-security/v1/response'],
    ...[
      'vigie/v1/main/cam-1/#',
      'vigie/v1/hub/#',
      'vigie/v1/hub/+/+',
      hubTopic('reply', 'report'),
      hubTopic('command', '+'),
    ],
    ...['$share/a/vigie/v1/#', '$share/a/vigie/v1/main/cam-2/command/+'],
    ...downwardFilters(other).filter((filter) => filter !== HUB_STATUS),
    ...UPWARD.flatMap((family) => [topicOf(own, family, '+'), topicOf(other, family, '+')]),
  ];
  for (const filter of filters)
    expect([filter, await answer(one.subscribeAsync(filter, { qos: 1 }))]).toEqual([filter, REFUSED]);

  // What is meant for the other one does not come here, and what is meant for this one does.
  await hub.client.publishAsync(topicOf(other, 'command', 'ping'), 'x', { qos: 1 });
  await hub.client.publishAsync(topicOf(own, 'command', 'ping'), 'x', { qos: 1 });
  await until('the device has heard its command', () => heard.length > 0);
  expect(heard).toEqual([topicOf(own, 'command', 'ping')]);
  expect(hub.heard).toHaveLength(UPWARD.length);

  // A last will is a publish too: it comes to nothing where a publish would.
  const credentials = await deviceCredentials(broker.folder, broker.authority, 'cam-1');
  const seen = await asHub(broker);
  await seen.client.subscribeAsync(['vigie/v1/+/+/status', 'vigie/v1/+/+/state', hubTopic('command', '+')]);
  await until('what is retained has come', () => seen.heard.length === 2);
  for (const topic of [topicOf(other, 'status'), hubTopic('command', 'ping'), topicOf(own, 'status')]) {
    const leaving = await connect(broker, credentials, {
      will: { topic, payload: Buffer.from('x'), qos: 1, retain: true },
    });
    leaving.stream.destroy();
  }
  await until('the last will of its own has come', () => seen.heard.length > 2);
  expect(seen.heard.slice(2)).toEqual([topicOf(own, 'status')]);
});

test('a revoked device is out at once and stays out, and its place can be taken by another', async () => {
  const { broker, door, revoked, control } = await site();
  await admit(door, 'cam-1');
  await admit(door, 'cam-2');
  const old = await deviceCredentials(broker.folder, broker.authority, 'cam-1');
  const bystander = await connect(broker, await deviceCredentials(broker.folder, broker.authority, 'cam-2'));
  const live = await connect(broker, old);
  let ended = false;
  live.on('close', () => {
    ended = true;
  });

  const from = performance.now();
  revoked.push({ serial: old.serial, at: Date.now() });
  await door.shut('cam-1');
  await until('the live session is ended', () => ended);
  expect(await door.isShut('cam-1')).toBe(true);
  await expect(connect(broker, old)).rejects.toThrow(/revoked/);
  expect(performance.now() - from).toBeLessThan(5_000);

  // Twice does no harm. The others have noticed nothing.
  await door.shut('cam-1');
  expect(bystander.connected).toBe(true);
  expect(await answer(bystander.publishAsync('vigie/v1/main/cam-2/status', 'x', { qos: 1 }))).toBe(0);

  // New hardware at the same place: it has the name, and the old one has not.
  await admit(door, 'cam-1');
  expect(await door.isShut('cam-1')).toBe(false);
  const next = await connect(broker, await deviceCredentials(broker.folder, broker.authority, 'cam-1'));
  expect(await answer(next.publishAsync('vigie/v1/main/cam-1/status', 'x', { qos: 1 }))).toBe(0);
  await expect(connect(broker, old)).rejects.toThrow(/revoked/);

  // Whatever the broker remembers from before, and after it was killed: in are those that the hub says.
  await broker.stop('SIGKILL');
  await broker.start();
  await until('the hub has its way to the broker again', () => door.isShut('cam-3').catch(() => false));
  const rules = async () => (await control.run([{ command: 'getRole', rolename: OPERATOR_ROLE }]))[0]?.data;
  const before = await rules();
  await control.run([{ command: 'modifyRole', rolename: OPERATOR_ROLE, acls: [] }]);
  expect(await rules()).not.toEqual(before);
  await door.hold(() => ['cam-2', 'cam-3']);
  expect(await rules()).toEqual(before);
  expect([await door.isShut('cam-1'), await door.isShut('cam-2'), await door.isShut('cam-3')]).toEqual([
    true,
    false,
    false,
  ]);
  await expect(connect(broker, old)).rejects.toThrow(/revoked/);
});

test('without a list that the broker has read nothing is called shut', async () => {
  const { broker, door, revoked } = await site({ limitMs: 500 });
  await admit(door, 'cam-1');
  const stolen = await deviceCredentials(broker.folder, broker.authority, 'cam-1');
  const live = await connect(broker, stolen);
  let ended = false;
  live.on('close', () => {
    ended = true;
  });
  await broker.stopRootPart();
  revoked.push({ serial: stolen.serial, at: Date.now() });
  await expect(door.shut('cam-1')).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  // What the hub can do by itself it has done: no session, and no rights in a new one.
  await until('the live session is ended', () => ended);
  expect(await door.isShut('cam-1')).toBe(false);
  const back = await connect(broker, stolen);
  expect(await answer(back.publishAsync('vigie/v1/main/cam-1/status', 'x', { qos: 1 }))).toBe(REFUSED);
  expect(await answer(back.subscribeAsync('vigie/v1/main/cam-1/command/+', { qos: 1 }))).toBe(REFUSED);
});

test('a list that the broker would not go by, since the clock was set back, is no success', async () => {
  const broker = await startFieldBroker();
  const clock = { ...systemClock, now: () => Date.now() - 60_000 };
  const folder = broker.at.requests;
  const door = createBrokerDoor({
    control: { run: async (commands) => commands.map(({ command }) => ({ command })) },
    requests: createRequests({ folder, clock }),
    revokedFile: broker.at.revoked,
    revoked: () => [],
    sign: broker.authority.revocations,
    clock,
  });
  await expect(door.shut('cam-1')).rejects.toMatchObject({ code: 'clock', retryable: true });
});

test('nobody comes in without a certificate of this authority, TLS 1.2, and on this machine without a password', async () => {
  const { broker, door } = await site();
  await admit(door, 'cam-1');
  const good = await deviceCredentials(broker.folder, broker.authority, 'cam-1');
  const elsewhere = await openAuthority({
    dataFolder: join(broker.folder, 'other'),
    clock: systemClock,
    random: randomBytes,
  });
  const foreign = await deviceCredentials(broker.folder, elsewhere, 'cam-1');
  expect((await connect(broker, good)).connected).toBe(true);
  await expect(connect(broker, undefined)).rejects.toThrow();
  await expect(connect(broker, undefined, { username: HUB_USER, password: broker.password })).rejects.toThrow();
  await expect(connect(broker, foreign)).rejects.toThrow();
  await expect(
    connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0, connectTimeout: 2_000 }, false),
  ).rejects.toThrow();

  const file = (name: string) => join(broker.folder, name);
  await writeFile(file('cam.key'), good.key);
  await writeFile(file('cam.pem'), good.cert);
  const greets = async (version: string) => {
    const args = ['s_client', '-connect', `127.0.0.1:${broker.port}`, version, '-cipher', 'DEFAULT@SECLEVEL=0'];
    const pending = promisify(execFile)('openssl', [...args, '-key', file('cam.key'), '-cert', file('cam.pem')], {
      timeout: 10_000,
    });
    pending.child.stdin?.end();
    const { stdout } = await pending.catch((error: { stdout: string }) => error);
    return /Cipher is (?!\(NONE\))/.test(stdout);
  };
  expect(await greets('-tls1_2')).toBe(true);
  expect(await greets('-tls1_3')).toBe(true);
  expect(await greets('-tls1_1')).toBe(false);
  expect(await greets('-tls1')).toBe(false);

  // A device has no password; anybody else needs the right one.
  const local = (username?: string, password?: string) =>
    connectAsync(
      broker.url,
      { ...(username && { username }), ...(password && { password }), reconnectPeriod: 0 },
      false,
    );
  for (const [user, password] of [[], ['cam-1'], ['cam-1', ''], ['cam-1', 'x'], [HUB_USER, 'x'], ['nobody', 'x']]) {
    await expect(local(user, password)).rejects.toMatchObject({ code: 5 });
  }
});

test('a name that stands for the hub, or that no account can have, is no device in the field', () => {
  for (const name of ['hub', 'agent', 'command', 'reply', 'a.b', 'A', '', 'x'.repeat(27)]) {
    expect(() => checkDeviceName(name)).toThrow(/^admit the device/);
  }
  expect(accountOf('x'.repeat(26))).toHaveLength(32);
});
