import type { Clock } from '../kit/clock.ts';
import type { Log } from '../kit/log.ts';
import type { Pace } from './pace.ts';

/**
 * The link between a program and the broker. It connects by itself, and again after each loss, until it is disposed of.
 * Nothing of value waits in it: callers have a durable outbox and publish from it while the link is up.
 */
export interface Link extends AsyncDisposable {
  /** True from when the subscriptions are in place until the connection is lost. */
  readonly connected: boolean;

  /**
   * Publishes one message; it resolves when the broker has acknowledged it (QoS 1, the default) or it was written (QoS 0).
   *
   * It rejects with a VigieError: `link-down` (retryable) at once when there is no connection, and when it is lost or
   * no acknowledgement comes within the limit; `packet-too-large` when the broker does not take a packet of this size:
   * halve it; `not-authorised` when the broker says so (MQTT 5 alone does: over 3.1.1 a refused message may be acknowledged);
   * `link-busy` (retryable) when 1,000 messages wait already.
   */
  publish(topic: string, payload: Uint8Array | string, options?: PublishOptions): Promise<void>;

  /** Called at each connection, once the subscriptions are in place. The function returned ends it. */
  onConnect(listener: () => void): () => void;

  /** Called at each loss of a connection, with its reason for a log. The function returned ends it. */
  onDisconnect(listener: (reason: string) => void): () => void;

  /** Cuts the connection as a network that is lost does: without a farewell, so that the broker tells the last will. */
  cut(reason: string): void;
}

export type PublishOptions = {
  /** The broker keeps the message and gives it to later subscribers; an empty payload removes it. */
  retain?: boolean;
  qos?: 0 | 1;
  /** Seconds after which the broker throws the message away. MQTT 5 only: the payload must say it too. */
  expiryS?: number;
};

export type LinkOptions = {
  /** `mqtt://HOST:PORT`, `mqtts://…`, `ws://…` or `wss://…`. */
  url: string;
  /** The device id, or `hub`: unique on the broker and equal to the user name. */
  clientId: string;
  user?: string | undefined;
  password?: string | undefined;
  /** PEM file of the authority that signed the broker's certificate; read anew at each attempt. */
  caFile?: string | undefined;
  /** `auto` speaks 5, and 3.1.1 with a broker that refuses it. */
  protocol: 'auto' | '5' | '3.1.1';
  keepaliveS?: number;
  will?: { topic: string; payload: string; retain: boolean };
  /** Topic filters, subscribed with QoS 1 at each connection, so that retained messages come anew. */
  subscriptions: string[];
  /**
   * Takes one message, one at a time and in the order of arrival. The broker gets its acknowledgement only after the
   * promise has resolved. When it rejects, the message is logged and acknowledged all the same, since poison must not
   * come for ever; with a `retryable` error it is not, and the connection is cycled with backoff, so that it comes again.
   * A message may come twice. `retained` is true for what the broker had kept when the subscription was made.
   */
  receive: (topic: string, payload: Buffer, retained: boolean) => Promise<void>;
  clock: Clock;
  /** A number in [0, 1): the jitter. */
  random: () => number;
  log: Log;
  /** Asked before each attempt to connect, which waits for its promise; absent: at any time. */
  mayConnect?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Pause between attempts; 1 s growing to 10 s, and 30 s to 60 s after a refusal, unless told. */
  reconnect?: Partial<Pace>;
  /** How long an acknowledgement may take before the connection counts as lost; 20 s unless told. */
  ackLimitMs?: number;
  /** How long the broker is asked to hold QoS 1 messages of an interrupted session (MQTT 5); an hour unless told. */
  sessionExpiryS?: number;
};

/** Bytes of one packet at most, in both directions, whatever the broker allows. */
export const PACKET_BYTES_MAX = 256 * 1024;
