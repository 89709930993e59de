import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { PACKET_BYTES_MAX } from '@vigie/shared/link/link';
import { Aedes, type AuthenticateError, type Client, type ConnectPacket } from 'aedes';
import { mayRead, maySubscribe, publishFault } from './access.ts';
import type { Account, Accounts } from './accounts.ts';
import { boundQueues, type QueueStore } from './bounded-queues.ts';
import { createPacketMeter } from './packet-meter.ts';
import { createRetainedLimit, RETAINED_TOPICS_MAX } from './retained-limit.ts';

export type Broker = AsyncDisposable & {
  readonly port: number;
  /** `mqtt://HOST:PORT`. */
  readonly url: string;
  /** Names of the clients that are connected now. */
  clients(): string[];
  /** Ends a client's connection; its last will is published. It may come back unless its account is gone. */
  kick(user: string): void;
  close(): Promise<void>;
};

/** A client that has not shown a password yet is not listened to for longer. */
const GREETING_BYTES_MAX = 16 * 1024;
const GREETING_MS = 10_000;
const DRAIN_MS = 30_000;
const KEEPALIVE_S_MAX = 600;
const CONNECTIONS_MAX = 2_000;
/** How often live clients are compared with the accounts file. */
const RECHECK_MS = 2_000;

/** Return codes of MQTT 3.1.1. */
const BAD_CLIENT_ID = 2;
const UNAVAILABLE = 3;
const BAD_PASSWORD = 4;
const NOT_AUTHORISED = 5;

/**
 * The broker inside the hub: aedes (MQTT 3.1.1) for loopback. It has accounts and an access control list, and keeps
 * sessions and retained messages in memory alone: everything of value is in the hub's database and the agents' ledgers,
 * and agents tell their status and state again at each connection.
 *
 * `hubPassword` lets the hub itself in as `hub`, with a password made anew at each start. Rejects `listen` when the port
 * cannot be had, `config` when the accounts cannot be read.
 */
export async function startBroker(options: {
  host: string;
  port: number;
  accounts: Accounts;
  hubPassword?: string;
  /** How long a connection may take to greet; 10 s unless told. */
  greetingMs?: number;
  log: Log;
}): Promise<Broker> {
  const { host, accounts, log } = options;
  const admitted = new WeakMap<Client, Account & { mark: string | undefined }>();
  const greetings = new WeakMap<Client, ConnectPacket>();
  const mayRetain = createRetainedLimit();
  const sockets = new Set<Socket>();
  await accounts.find('hub');

  const broker = await Aedes.createBroker({
    connectTimeout: options.greetingMs ?? GREETING_MS,
    drainTimeout: DRAIN_MS,
    keepaliveLimit: KEEPALIVE_S_MAX,
    maxTopicLevels: 8,
    preConnect(client, packet, done) {
      greetings.set(client, packet);
      done(null, true);
    },
    authenticate(client, user, password, done) {
      const packet = greetings.get(client);
      greetings.delete(client);
      void admit(client.id, user ?? '', password?.toString() ?? '', packet).then(
        (account) => {
          admitted.set(client, account);
          done(null, true);
        },
        (error: unknown) => {
          log.warn({ user, clientId: client.id, code: codeOf(error) }, messageOf(error));
          const refusal = new Error(messageOf(error)) as AuthenticateError;
          refusal.returnCode = (error as { returnCode?: number }).returnCode ?? UNAVAILABLE;
          done(refusal, null);
        },
      );
    },
    authorizePublish(client, { topic, retain, qos, payload }, done) {
      const account = client && admitted.get(client);
      const fault = account
        ? (publishFault(account, topic, retain, qos) ?? retainFault(account, topic, retain, payload))
        : 'no account';
      if (fault === undefined) return done(null);
      const message = `publish to ${JSON.stringify(topic)} by "${account?.name}": refused, ${fault}`;
      log.warn({ code: 'not-authorised', user: account?.name, topic }, message);
      done(new VigieError('not-authorised', message));
    },
    authorizeSubscribe(client, subscription, done) {
      const account = admitted.get(client);
      if (account && maySubscribe(account, subscription.topic)) return done(null, subscription);
      const message = `subscribe to ${JSON.stringify(subscription.topic)} by "${account?.name}": refused, it is not meant for it`;
      log.warn({ code: 'not-authorised', user: account?.name, topic: subscription.topic }, message);
      done(null, null);
    },
    // aedes stores a refused subscription when an allowed one stands beside it: what is given out is checked again.
    authorizeForward(client, packet) {
      const account = admitted.get(client);
      return account && mayRead(account, packet.topic) ? packet : null;
    },
  });

  const admit = async (
    clientId: string,
    user: string,
    password: string,
    packet: ConnectPacket | undefined,
  ): Promise<Account & { mark: string | undefined }> => {
    const who = `admit ${JSON.stringify(user)} as client ${JSON.stringify(clientId)}`;
    const account = isHub(user, password)
      ? { name: 'hub', role: 'hub' as const }
      : await accounts.verify(user, password);
    if (!account) throw refusal(BAD_PASSWORD, `${who}: wrong user name or password`);
    const fits = clientId === user || (account.role === 'operator' && isExtraClient(clientId, user, packet));
    if (!fits) throw refusal(BAD_CLIENT_ID, `${who}: the client id must equal the user name`);
    const will = packet?.will;
    const fault = will && publishFault(account, will.topic, will.retain ?? false, will.qos ?? 0);
    if (fault)
      throw refusal(NOT_AUTHORISED, `${who}: its last will for ${JSON.stringify(will.topic)} is refused, ${fault}`);
    return { ...account, mark: (await accounts.find(user))?.mark };
  };

  const isHub = (user: string, password: string): boolean =>
    options.hubPassword !== undefined &&
    user === 'hub' &&
    timingSafeEqual(digest(password), digest(options.hubPassword));

  const retainFault = (
    account: Account,
    topic: string,
    retain: boolean,
    payload: string | Buffer,
  ): string | undefined =>
    !retain || account.role !== 'device' || mayRetain(account.name, topic, payload.length === 0)
      ? undefined
      : `${RETAINED_TOPICS_MAX} retained topics a device are allowed`;

  const live = (): Record<string, Client> => (broker as unknown as { clients: Record<string, Client> }).clients;

  boundQueues(
    (broker as unknown as { persistence: QueueStore }).persistence,
    (name) => name in live(),
    (name) => log.warn({ user: name }, 'too many messages wait for this client; further ones are dropped'),
  );
  broker.on('clientError', (client, error) => {
    if (codeOf(error) !== 'not-authorised') log.debug({ user: client.id, error: messageOf(error) }, 'client dropped');
  });
  broker.on('connectionError', (_client, error) => log.debug({ error: messageOf(error) }, 'connection dropped'));
  (broker as unknown as NodeJS.EventEmitter).on('error', (error) =>
    log.error({ error: messageOf(error) }, 'broker failed'),
  );

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const client = broker.handle(socket);
    const within = createPacketMeter(() => (client.connected ? PACKET_BYTES_MAX : GREETING_BYTES_MAX));
    // Listening after aedes: its reads bring each chunk here before they bring it to the parser.
    socket.on('data', (chunk: Buffer) => {
      if (socket.destroyed || within(chunk)) return;
      log.warn({ user: client.id ?? undefined, code: 'packet-too-large' }, 'packet too large; the client is dropped');
      socket.destroy();
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('drop', () => log.warn({ connections: CONNECTIONS_MAX }, 'too many connections; one was turned away'));

  const recheck = setInterval(() => {
    for (const client of Object.values(live())) {
      const before = admitted.get(client);
      if (!before || before.mark === undefined) continue;
      accounts.find(before.name).then(
        (now) => {
          if (now && now.mark === before.mark && now.role === before.role) return;
          log.warn({ user: before.name }, 'the account is gone or has changed; the client is dropped');
          client.close();
        },
        (error: unknown) => log.error({ error: messageOf(error) }, 'accounts cannot be read'),
      );
    }
  }, RECHECK_MS);
  recheck.unref();

  const close = async () => {
    clearInterval(recheck);
    const closed = new Promise((resolve) => server.close(resolve));
    await new Promise<void>((resolve) => broker.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, host, resolve);
    });
  } catch (error) {
    await close();
    throw new VigieError('listen', `listen for MQTT on "${host}:${options.port}"`, {
      cause: error,
      hint: 'another program may use the port: choose another one in broker.port',
    });
  }
  const { port } = server.address() as { port: number };
  let closing: Promise<void> | undefined;
  return {
    port,
    url: `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`,
    clients: () => Object.keys(live()),
    kick: (user) => live()[user]?.close(),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

function refusal(returnCode: number, message: string): VigieError & { returnCode: number } {
  const code = returnCode === BAD_PASSWORD ? 'authentication' : 'not-authorised';
  return Object.assign(new VigieError(code, message), { returnCode });
}

/**
 * Operators listen with one client and order with another. Such a client's id begins with their name and a slash, which no other
 * account's name has; and its session ends with its connection, so that nothing is kept for ids that were used once.
 */
const isExtraClient = (clientId: string, user: string, packet: ConnectPacket | undefined): boolean =>
  clientId.startsWith(`${user}/`) && clientId.length <= 64 && packet?.clean === true;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
