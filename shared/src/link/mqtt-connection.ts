import type { Socket } from 'node:net';
import { connect, type IClientOptions, type IPublishPacket } from 'mqtt';
import { VigieError } from '../kit/errors.ts';
import { type LinkOptions, PACKET_BYTES_MAX, type PublishOptions } from './link.ts';
import type { WireVersion } from './protocol-version.ts';
import type { Ending } from './refusal.ts';

/** One connection over MQTT.js, from its first byte to its last; it never connects again by itself. */
export type Connection = {
  /** Resolves to true when the subscriptions are in place, to false when it ended before. */
  readonly established: Promise<boolean>;
  readonly ended: Promise<Ending>;
  /** What the broker takes, in bytes of a packet; it says so over MQTT 5 alone. */
  readonly packetBytesMax: () => number | undefined;
  /**
   * Resolves at the acknowledgement; rejects `not-authorised`. What is in flight when the connection ends stays unsettled:
   * the link, which hears of the ending, knows what to make of it. `onSent` is called when it is that message's turn.
   */
  publish(topic: string, payload: Buffer, options: PublishOptions, onSent: () => void): Promise<void>;
  /** Tells the broker that a message of QoS 1 has been taken care of. */
  acknowledge(messageId: number): void;
  /** Ends it at once, since nothing seems to come through: the broker publishes the last will when it finds out. */
  drop(reason: string): void;
  /** Ends it with a farewell, within a limit: no last will, and what was not acknowledged comes again next time. */
  close(reason: string): Promise<void>;
};

/** A message on its way in; only those of QoS 1 have an id. */
export type Incoming = { topic: string; payload: Buffer; retained: boolean; messageId: number | undefined };

/** MQTT 5: messages that the broker sends ahead of their acknowledgements. */
const RECEIVE_MAXIMUM = 100;
/** Publishes in flight at most; Mosquitto's own limit, and what is assumed where a broker tells none. */
const IN_FLIGHT_MAX = 20;
const CONNECT_LIMIT_MS = 15_000;
const CLOSE_LIMIT_MS = 2_000;

/** MQTT.js goes on to the next packet without an acknowledgement when a message's handler answers with an error. */
const ACKNOWLEDGED_LATER = new Error('acknowledged when its handler is done');

export function openConnection(
  options: Pick<LinkOptions, 'url' | 'clientId' | 'user' | 'password' | 'keepaliveS' | 'will' | 'subscriptions'> & {
    version: WireVersion;
    ca: Buffer | undefined;
    sessionExpiryS: number;
    /** Takes a message; the connection reads no further until the promise that it may answer has resolved. */
    onMessage: (message: Incoming) => Promise<void> | undefined;
    onRefusedFilter: (filters: string, error: Error) => void;
    /** The broker has let it in: it may publish, also while its subscriptions are under way. */
    onGreeted?: () => void;
  },
): Connection {
  const client = connect(options.url, clientOptions(options));
  let inFlight = 0;
  const turns: (() => void)[] = [];
  let inFlightMax = IN_FLIGHT_MAX;
  let reached = false;
  let greeted = false;
  let over = false;
  let closing = false;
  let lastError: Error | undefined;
  let reason: string | undefined;
  let reasonCode: number | undefined;

  const established = Promise.withResolvers<boolean>();
  const ended = Promise.withResolvers<Ending>();

  const socket = client.stream as unknown as Socket;
  socket.once(options.url.startsWith('mqtts:') ? 'secureConnect' : 'connect', () => {
    reached = true;
  });
  socket.setNoDelay?.(true);

  client.handleMessage = (packet: IPublishPacket, done) => {
    const { topic, payload, retain, qos, messageId } = packet;
    const room = options.onMessage({
      topic,
      payload: Buffer.isBuffer(payload) ? payload : Buffer.from(payload),
      retained: retain,
      messageId: qos > 0 ? messageId : undefined,
    });
    if (room) void room.then(() => done(ACKNOWLEDGED_LATER));
    else done(ACKNOWLEDGED_LATER);
  };

  client.on('connect', () => {
    greeted = true;
    options.onGreeted?.();
    inFlightMax = Math.min(IN_FLIGHT_MAX, client.serverProperties?.receiveMaximum ?? IN_FLIGHT_MAX);
    client.subscribe(options.subscriptions, { qos: 1 }, (error) => {
      if (over || closing) return;
      if (error) options.onRefusedFilter(options.subscriptions.join(' '), error);
      established.resolve(true);
    });
  });
  client.on('disconnect', (packet) => {
    reasonCode = packet.reasonCode;
    reason = `the broker ended the connection with code ${packet.reasonCode}`;
  });
  client.on('error', (error) => {
    lastError = error;
  });
  client.on('close', () => {
    if (over) return;
    over = true;
    established.resolve(false);
    ended.resolve(endingOf({ greeted, reached, lastError, reason, reasonCode }));
    for (const turn of turns.splice(0)) turn();
  });

  return {
    established: established.promise,
    ended: ended.promise,
    packetBytesMax: () => client.serverProperties?.maximumPacketSize,
    async publish(topic, payload, { qos = 1, retain = false, expiryS }, onSent) {
      while (!over && inFlight >= inFlightMax) await new Promise<void>((resolve) => turns.push(resolve));
      if (over) return new Promise<never>(() => {});
      inFlight += 1;
      onSent();
      const properties = expiryS === undefined ? {} : { messageExpiryInterval: Math.max(1, Math.round(expiryS)) };
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      client.publish(topic, payload, { qos, retain, properties }, (error) => {
        inFlight -= 1;
        turns.shift()?.();
        if (!error) resolve();
        else if (!over && !closing) reject(refusedPublish(topic, error));
      });
      return promise;
    },
    acknowledge(messageId) {
      if (over || !client.connected) return;
      // MQTT.js has no public call for an acknowledgement that comes later than its handler.
      const sender = client as unknown as { _sendPacket(packet: object): void };
      sender._sendPacket({ cmd: 'puback', messageId, reasonCode: 0 });
    },
    drop(why) {
      if (over) return;
      reason = why;
      client.stream.destroy();
    },
    async close(why) {
      closing = true;
      for (const messageId of Object.keys(client.outgoing)) client.removeOutgoingMessage(Number(messageId));
      reason ??= why;
      const limit = setTimeout(() => client.stream.destroy(), CLOSE_LIMIT_MS);
      client.end(!greeted);
      await ended.promise;
      clearTimeout(limit);
    },
  };
}

function clientOptions(options: Parameters<typeof openConnection>[0]): IClientOptions {
  const { will, version } = options;
  return {
    clientId: options.clientId,
    ...(options.user === undefined ? {} : { username: options.user }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.ca ? { ca: options.ca } : {}),
    ...(will ? { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain } } : {}),
    keepalive: options.keepaliveS ?? 60,
    protocolVersion: version,
    clean: false,
    ...(version === 5
      ? {
          properties: {
            sessionExpiryInterval: options.sessionExpiryS,
            receiveMaximum: RECEIVE_MAXIMUM,
            maximumPacketSize: PACKET_BYTES_MAX,
          },
        }
      : {}),
    // The link connects again by itself; nothing waits or is sent again from MQTT.js's memory.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    connectTimeout: CONNECT_LIMIT_MS,
    timerVariant: 'native',
    // MQTT.js would keep the bytes of every number up to 65,535: seven megabytes.
    writeCache: false,
  };
}

function endingOf(seen: {
  greeted: boolean;
  reached: boolean;
  lastError: Error | undefined;
  reason: string | undefined;
  reasonCode: number | undefined;
}): Ending {
  const { greeted, reached, lastError, reason, reasonCode } = seen;
  const code = (lastError as { code?: unknown } | undefined)?.code;
  if (greeted || reason !== undefined) {
    return { how: 'lost', reason: reason ?? lastError?.message ?? 'the connection was closed', reasonCode };
  }
  if (typeof code === 'number') return { how: 'refused', reasonCode: code };
  if (reached) return { how: 'silent' };
  return { how: 'unreachable', error: lastError ?? new Error('no answer') };
}

function refusedPublish(topic: string, error: Error): VigieError {
  const { code } = error as { code?: unknown };
  if (code === 135) {
    return new VigieError('not-authorised', `publish to "${topic}": the broker does not allow it to this user`, {
      cause: error,
      hint: "check the broker's access control list",
    });
  }
  return new VigieError('link-down', `publish to "${topic}": the broker did not take it`, {
    cause: error,
    retryable: true,
  });
}
