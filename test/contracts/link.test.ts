import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { startBroker } from '@vigie/hub/broker/embedded';
import { systemClock } from '@vigie/shared/kit/clock';
import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import type { Link, LinkOptions } from '@vigie/shared/link/link';
import { openLink } from '@vigie/shared/link/mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cuttableProxy } from '../shared/link/cuttable-proxy.ts';
import { recordingLog } from '../shared/link/recording-log.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { tempFolder, until } from '../support/temp.ts';

/** What every broker must do for the link, and the link with every broker. */
type TestBroker = { port: number; stop(): Promise<void>; start(): Promise<void> };
type Options = { maxPacketBytes?: number };

const PASSWORDS = { a: 'password of a', hub: 'password of the hub' };
const STATUS = 'vigie/v1/main/a/status';
const event = (type: string) => `vigie/v1/main/a/event/${type}`;

async function mosquitto({ maxPacketBytes }: Options = {}): Promise<TestBroker> {
  const broker = await startMosquitto({
    folder: await tempFolder(),
    users: PASSWORDS,
    persistence: true,
    ...(maxPacketBytes === undefined ? {} : { maxPacketBytes }),
  });
  onTestFinished(() => broker.stop());
  return broker;
}

async function embedded(): Promise<TestBroker> {
  const accounts = openAccounts(join(await tempFolder(), 'accounts'));
  await accounts.add({ name: 'a', role: 'device' }, PASSWORDS.a);
  const open = (port: number) =>
    startBroker({ host: '127.0.0.1', port, accounts, hubPassword: PASSWORDS.hub, log: silentLog });
  let broker = await open(0);
  const { port } = broker;
  onTestFinished(() => broker.close());
  return {
    port,
    stop: () => broker.close(),
    start: async () => {
      broker = await open(port);
    },
  };
}

describe.each([
  { name: 'Mosquitto, MQTT 5', protocol: '5', broker: mosquitto },
  { name: 'Mosquitto, MQTT 3.1.1', protocol: '3.1.1', broker: mosquitto },
  { name: 'embedded broker, found out', protocol: 'auto', broker: embedded },
] as const)('a link over $name', ({ protocol, broker: startTestBroker }) => {
  type Taken = { topic: string; text: string; retained: boolean };

  function open(port: number, user: 'a' | 'hub', more: Partial<LinkOptions> = {}): { link: Link; taken: Taken[] } {
    const taken: Taken[] = [];
    const link = openLink({
      url: `mqtt://127.0.0.1:${port}`,
      clientId: user,
      user,
      password: PASSWORDS[user],
      protocol,
      subscriptions: user === 'hub' ? ['vigie/v1/+/+/status', 'vigie/v1/+/+/event/+'] : ['vigie/v1/main/a/command/+'],
      receive: async (topic, payload, retained) => {
        taken.push({ topic, text: payload.toString(), retained });
      },
      clock: systemClock,
      random: () => 0.5,
      log: silentLog,
      reconnect: { baseMs: 40, capMs: 400 },
      ...more,
    });
    onTestFinished(() => link[Symbol.asyncDispose]());
    return { link, taken };
  }
  const up = (link: Link) => until('the link is up', () => link.connected, 10_000);

  test('publishes, and the other side takes it in order', async () => {
    const { port } = await startTestBroker();
    const hub = open(port, 'hub');
    const device = open(port, 'a');
    await Promise.all([up(hub.link), up(device.link)]);
    await Promise.all(Array.from({ length: 200 }, (_, n) => device.link.publish(event('captured'), `${n}`)));
    await until('all have come', () => hub.taken.length === 200);
    expect(hub.taken.map(({ text }) => Number(text))).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(hub.taken[0]).toEqual({ topic: event('captured'), text: '0', retained: false });
  });

  test('handles one message at a time, however long each takes', async () => {
    const { port } = await startTestBroker();
    let running = 0;
    let most = 0;
    const order: string[] = [];
    const hub = open(port, 'hub', {
      receive: async (_topic, payload) => {
        running += 1;
        most = Math.max(most, running);
        await systemClock.sleep(Number(payload.toString()) % 3);
        order.push(payload.toString());
        running -= 1;
      },
    });
    const device = open(port, 'a');
    await Promise.all([up(hub.link), up(device.link)]);
    for (let n = 0; n < 30; n++) await device.link.publish(event('captured'), `${n}`);
    await until('all have come', () => order.length === 30);
    expect(order).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`));
    expect(most).toBe(1);
  });

  test('may publish, and wait for it, while it handles a message', async () => {
    const { port } = await startTestBroker();
    const device = open(port, 'a');
    const answered: string[] = [];
    const hub: { link: Link } = open(port, 'hub', {
      receive: async (_topic, payload) => {
        await hub.link.publish('vigie/v1/main/a/command/ping', payload);
        answered.push(payload.toString());
      },
    });
    await Promise.all([up(hub.link), up(device.link)]);
    for (const text of ['1', '2', '3']) await device.link.publish(event('captured'), text);
    await until('the answers have come', () => device.taken.length === 3, 5_000);
    expect(answered).toEqual(['1', '2', '3']);
  });

  test('what waited for it while it was away may be answered at once, and takes no second connection', async () => {
    const { port } = await startTestBroker();
    const hub = open(port, 'hub');
    const before = open(port, 'a');
    await Promise.all([up(hub.link), up(before.link)]);
    await before.link[Symbol.asyncDispose]();
    for (const text of ['1', '2', '3']) await hub.link.publish('vigie/v1/main/a/command/ping', text);
    let connections = 0;
    const device: { link: Link } = open(port, 'a', {
      receive: (_topic, payload) => device.link.publish(event('captured'), payload),
    });
    device.link.onConnect(() => {
      connections += 1;
    });
    await until('the answers have come', () => hub.taken.length >= 3, 5_000);
    expect(hub.taken.map(({ text }) => text)).toEqual(['1', '2', '3']);
    expect(connections).toBe(1);
  });

  test('acknowledges only what was handled: a message comes again when the connection is cut before', async () => {
    const { port } = await startTestBroker();
    const proxy = await cuttableProxy(port);
    const first = Promise.withResolvers<void>();
    const seen: string[] = [];
    const hub = open(proxy.port, 'hub', {
      receive: async (_topic, payload) => {
        seen.push(payload.toString());
        if (seen.length === 1) await first.promise;
      },
    });
    const device = open(port, 'a');
    await Promise.all([up(hub.link), up(device.link)]);
    await device.link.publish(event('captured'), 'x');
    await device.link.publish(event('captured'), 'y');
    await until('the first is being handled', () => seen.length === 1);
    proxy.cut();
    await until('the link is down', () => !hub.link.connected);
    first.resolve();
    await until('both have come since', () => seen.length >= 3);
    expect(seen.slice(0, 3)).toEqual(['x', 'x', 'y']);
  });

  test('a message whose handler fails for now comes again; one that cannot be handled does not', async () => {
    const { port } = await startTestBroker();
    const seen: string[] = [];
    const hub = open(port, 'hub', {
      receive: async (_topic, payload) => {
        const text = payload.toString();
        seen.push(text);
        if (text === 'poison') throw new VigieError('payload', 'no');
        if (text === 'later' && seen.filter((one) => one === 'later').length < 3) {
          throw new VigieError('disk', 'not now', { retryable: true });
        }
      },
    });
    const device = open(port, 'a');
    await Promise.all([up(hub.link), up(device.link)]);
    for (const text of ['poison', 'later', 'last']) await device.link.publish(event('captured'), text);
    await until('the last has come', () => seen.includes('last'));
    expect(seen).toEqual(['poison', 'later', 'later', 'later', 'last']);
  });

  test('connects again after the broker was away, and says so', async () => {
    const broker = await startTestBroker();
    const device = open(broker.port, 'a');
    const happened: string[] = [];
    device.link.onConnect(() => happened.push('up'));
    device.link.onDisconnect((reason) => happened.push(reason === '' ? 'no reason' : 'down'));
    await until('it has told', () => happened.length === 1);
    await broker.stop();
    await until('the link is down', () => !device.link.connected);
    const began = performance.now();
    await expect(device.link.publish(STATUS, 'x')).rejects.toMatchObject({ code: 'link-down', retryable: true });
    expect(performance.now() - began).toBeLessThan(200);
    await broker.start();
    await up(device.link);
    expect(happened).toEqual(['up', 'down', 'up']);
    const hub = open(broker.port, 'hub');
    await up(hub.link);
    await device.link.publish(event('captured'), 'after');
    await until('a message comes through', () => hub.taken.some(({ text }) => text === 'after'));
  });

  test('a publish under way when the connection is lost rejects, and does not wait', async () => {
    const broker = await startTestBroker();
    const proxy = await cuttableProxy(broker.port);
    const device = open(proxy.port, 'a');
    await up(device.link);
    const publishing = Array.from({ length: 50 }, () => device.link.publish(event('captured'), 'x'));
    proxy.cut();
    const results = await Promise.allSettled(publishing);
    const codes = results.flatMap((one) => (one.status === 'rejected' ? [codeOf(one.reason)] : []));
    expect(codes.length).toBeGreaterThan(0);
    expect(new Set(codes)).toEqual(new Set(['link-down']));
  });

  test('the last will comes when the device vanishes, not when it takes its leave', async () => {
    const { port } = await startTestBroker();
    const proxy = await cuttableProxy(port);
    const hub = open(port, 'hub');
    await up(hub.link);
    const will = { topic: STATUS, payload: 'lost', retain: true };
    const polite = open(port, 'a', { will });
    await up(polite.link);
    await polite.link[Symbol.asyncDispose]();
    const cut = open(proxy.port, 'a', { will, reconnect: { baseMs: 60_000, capMs: 60_000 } });
    await up(cut.link);
    await cut.link.publish(event('captured'), 'here');
    await until('the device was heard', () => hub.taken.length === 1);
    expect(hub.taken.map(({ text }) => text)).toEqual(['here']);
    proxy.cut();
    await until('the will has come', () => hub.taken.some(({ text }) => text === 'lost'));
    const late = open(port, 'hub');
    await until('the will is retained', () => late.taken.some(({ text, retained }) => text === 'lost' && retained));
  });

  test('a link that is cut is missed like one whose network is gone, and comes back when it may', async () => {
    const { port } = await startTestBroker();
    const hub = open(port, 'hub');
    await up(hub.link);
    let allowed = Promise.withResolvers<void>();
    allowed.resolve();
    let asked = 0;
    const mayConnect = (signal: AbortSignal) => {
      asked += 1;
      signal.addEventListener('abort', () => allowed.resolve());
      return allowed.promise;
    };
    const device = open(port, 'a', { will: { topic: STATUS, payload: 'lost', retain: true }, mayConnect });
    await up(device.link);
    allowed = Promise.withResolvers<void>();
    const before = asked;
    device.link.cut('a drill has begun');
    await until('the will has come', () => hub.taken.some(({ text }) => text === 'lost'));
    await until('it asks before it connects', () => asked > before);
    expect(device.link.connected).toBe(false);
    await expect(device.link.publish(event('captured'), 'there')).rejects.toMatchObject({ code: 'link-down' });
    allowed.resolve();
    await up(device.link);
    await device.link.publish(event('captured'), 'here');
    await until('it is heard again', () => hub.taken.some(({ text }) => text === 'here'));
    expect(asked).toBe(before + 1);
  });

  test('retained messages come with each subscription and are marked', async () => {
    const { port } = await startTestBroker();
    const device = open(port, 'a');
    await up(device.link);
    await device.link.publish(STATUS, 'ready', { retain: true });
    await device.link.publish(event('captured'), 'gone by', { retain: false });
    const hub = open(port, 'hub');
    await until('it has come', () => hub.taken.length > 0);
    expect(hub.taken).toEqual([{ topic: STATUS, text: 'ready', retained: true }]);
    await device.link.publish(STATUS, 'sleeping', { retain: true });
    await until('the live one has come', () => hub.taken.length > 1);
    expect(hub.taken[1]).toEqual({ topic: STATUS, text: 'sleeping', retained: false });
  });

  test('what was told while the hub was away comes when it is back', async () => {
    const { port } = await startTestBroker();
    const before = open(port, 'hub');
    await up(before.link);
    await before.link[Symbol.asyncDispose]();
    const device = open(port, 'a');
    await up(device.link);
    for (const text of ['1', '2', '3']) await device.link.publish(event('captured'), text, { expiryS: 600 });
    const after = open(port, 'hub');
    await until('all have come', () => after.taken.length === 3);
    expect(after.taken.map(({ text }) => text)).toEqual(['1', '2', '3']);
  });

  test('a wrong password is told with a hint, slowly, and once right it enters', async () => {
    const { port } = await startTestBroker();
    const { log, records } = recordingLog();
    const device = open(port, 'a', { password: 'wrong', log, reconnect: { baseMs: 1, slowMs: 100_000 } });
    await until('the refusal is logged', () => records.some(({ level }) => level === 'error'));
    const told = records.find(({ level }) => level === 'error');
    expect(told?.fields).toMatchObject({ code: 'link-refused', hint: expect.stringContaining('password') });
    expect(told?.message).toMatch(/refused with code (4|5|134|135), (wrong user name or password|not authorised)/);
    expect(told?.fields).toMatchObject({ nextAttemptMs: 75_000 });
    expect(JSON.stringify(records)).not.toContain('wrong"');
    expect(device.link.connected).toBe(false);
  });

  test('an oversize message rejects with packet-too-large, and the link goes on', async () => {
    const { port } = await startTestBroker();
    const hub = open(port, 'hub');
    const device = open(port, 'a');
    await Promise.all([up(hub.link), up(device.link)]);
    const oversize = device.link.publish(event('captured'), Buffer.alloc(300_000));
    await expect(oversize).rejects.toMatchObject({ code: 'packet-too-large', retryable: false });
    const large = 'x'.repeat(200_000);
    await device.link.publish(event('captured'), large);
    await until('a large one comes through', () => hub.taken.some(({ text }) => text === large));
  });

  const smallerLimit = async () => {
    const { port } = await startTestBroker({ maxPacketBytes: 20_000 });
    const hub = open(port, 'hub');
    const device = open(port, 'a');
    await Promise.all([up(hub.link), up(device.link)]);
    const tries: number[] = [];
    for (let size = 96_000, sent = false; !sent; ) {
      await up(device.link);
      tries.push(size);
      await device.link.publish(event('captured'), Buffer.alloc(size)).then(
        () => {
          sent = true;
        },
        (error: VigieError) => {
          if (error.code === 'packet-too-large') size /= 2;
          else expect(error).toMatchObject({ code: 'link-down', retryable: true });
        },
      );
    }
    expect(new Set(tries)).toEqual(new Set([96_000, 48_000, 24_000, 12_000]));
    expect(tries.length).toBeLessThanOrEqual(5);
    await until('it has come', () => hub.taken.some(({ text }) => text.length === 12_000));
  };
  // The embedded broker's limit is the protocol's own, which the link keeps by itself.
  if (startTestBroker === mosquitto) test('a broker with a smaller limit: halve until it fits', smallerLimit);

  test('a hub that is killed while it handles a message gets it again, and its last will is told', async () => {
    const { port } = await startTestBroker();
    const program = fileURLToPath(new URL('../shared/link/hub-that-hangs.ts', import.meta.url));
    const child = spawn(process.execPath, [program, `mqtt://127.0.0.1:${port}`, protocol, PASSWORDS.hub]);
    let said = '';
    child.stdout.on('data', (text: Buffer) => {
      said += text;
    });
    const gone = once(child, 'exit');
    onTestFinished(() => void child.kill('SIGKILL'));
    const device = open(port, 'a', { subscriptions: ['vigie/v1/hub/status'] });
    await up(device.link);
    await until('the hub is up', () => said.includes('up\n'));
    for (const text of ['1', '2']) await device.link.publish(event('captured'), text);
    await until('it handles the first', () => said.includes('handles 1\n'));
    child.kill('SIGKILL');
    await gone;
    await until('its last will has come', () => device.taken.some(({ text }) => text === 'offline'));
    const hub = open(port, 'hub');
    await until('both come to the next one', () => hub.taken.length === 2);
    expect(hub.taken.map(({ text }) => text)).toEqual(['1', '2']);
    expect(said).not.toContain('handles 2');
  });

  test('disposal takes its leave at once, and during an outage too', async () => {
    const broker = await startTestBroker();
    const device = open(broker.port, 'a');
    await up(device.link);
    let began = performance.now();
    await device.link[Symbol.asyncDispose]();
    expect(performance.now() - began).toBeLessThan(1_500);
    await expect(device.link.publish(STATUS, 'x')).rejects.toMatchObject({ code: 'link-down' });
    await broker.stop();
    const waiting = open(broker.port, 'a', { reconnect: { baseMs: 60_000, capMs: 60_000 } });
    began = performance.now();
    await waiting.link[Symbol.asyncDispose]();
    expect(performance.now() - began).toBeLessThan(1_500);
    expect(waiting.link.connected).toBe(false);
  });
});
