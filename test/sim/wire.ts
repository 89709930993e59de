import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import { createInbox } from '@vigie/shared/link/inbox';
import type { Link, LinkOptions, PublishOptions } from '@vigie/shared/link/link';
import { failuresAfter, pauseMs } from '@vigie/shared/link/pace';
import type { Client, Packet, SimBroker } from './broker.ts';
import { withPower } from './power.ts';
import type { Life, SimTime } from './time.ts';
import type { Trace } from './trace.ts';

/** The cable between one machine and the broker. `silent` swallows everything and tells nobody. */
export type Wire = { state: 'up' | 'down' | 'silent'; slowMs: number; onChange: Set<() => void> };
export const newWire = (): Wire => ({ state: 'up', slowMs: 50, onChange: new Set() });

const PACE = { baseMs: 1_000, capMs: 10_000, slowMs: 60_000 };
const ACK_LIMIT_MS = 20_000;
/** Either side gives up a connection that is silent for so long. */
const KEEPALIVE_MS = 60_000;
const INBOX = { entriesMax: 1_000, bytesMax: 16 * 1024 * 1024 };

type Connection = { isUp: boolean; client: Client; deliveredAt: Map<string, number>; sentAt: number };

/** Opens links over wires that may fail: the port of `link.ts`, with its rules for acknowledgements, at the real inbox and pace. */
export function createLinks(options: {
  time: SimTime;
  broker: SimBroker;
  random: () => number;
  /** May messages of one topic overtake each other? What tells a state keeps its order, which is MQTT's own promise. */
  overtakes: (topic: string) => boolean;
  /** A client's message has reached the broker. */
  said: (clientId: string) => void;
  trace: Trace;
}): (life: Life, wire: Wire) => (given: LinkOptions) => Link {
  const { time, broker, random, overtakes, said, trace } = options;

  return (life, wire) => (given) => {
    const { clock } = life;
    const connectListeners = new Set<() => void>();
    const disconnectListeners = new Set<(reason: string) => void>();
    const pending = new Set<(error: VigieError) => void>();
    const closing = new AbortController();
    let current: Connection | undefined;
    let ended = Promise.withResolvers<void>();

    const travel = () => Math.ceil(1 + random() * wire.slowMs);
    const name = given.clientId;

    type Received = { packet: Packet; connection: Connection };
    const inbox = createInbox<Received>({
      ...INBOX,
      bytesOf: ({ packet }) => packet.payload.length,
      async handle({ packet, connection }) {
        if (life.isOver) return new Promise(() => undefined);
        try {
          await given.receive(packet.topic, packet.payload, packet.retained);
        } catch (error) {
          if (life.isOver) return new Promise(() => undefined);
          trace(`${name} refuses`, `${packet.topic} ${codeOf(error)}`);
          if (error instanceof VigieError && error.retryable) {
            lose(connection, 'a message could not be handled', true);
            return;
          }
        }
        acknowledge(connection, packet);
      },
    });

    function acknowledge(connection: Connection, { id }: Packet): void {
      time.after(travel(), () => {
        if (connection.isUp && wire.state === 'up') broker.acknowledged(connection.client, id);
      });
    }

    function connectionOf(): Connection {
      const client: Client = {
        clientId: name,
        will: given.will,
        filters: given.subscriptions,
        push: (packet) => arrive(connection, packet),
        ended: (reason) => lose(connection, reason, true),
      };
      const connection: Connection = { isUp: true, client, deliveredAt: new Map(), sentAt: 0 };
      return connection;
    }

    /** A message sets out to here; those of one topic keep their order, unless they may overtake each other. */
    function arrive(connection: Connection, packet: Packet): void {
      let at = time.passed() + travel();
      if (overtakes(packet.topic)) at += random() * 5_000;
      else {
        at = Math.max(at, connection.deliveredAt.get(packet.topic) ?? 0);
        connection.deliveredAt.set(packet.topic, at);
      }
      time.after(at - time.passed(), () => {
        if (!connection.isUp || current !== connection || wire.state !== 'up' || life.isOver) return;
        inbox.push({ packet, connection });
      });
    }

    /** The connection is over for this side, and for the broker unless it cannot know yet. */
    function lose(connection: Connection, reason: string, brokerKnows: boolean, orderly = false): void {
      if (brokerKnows) broker.disconnect(connection.client, orderly);
      if (!connection.isUp) return;
      connection.isUp = false;
      if (current !== connection || life.isOver) return;
      current = undefined;
      inbox.forget((item) => item.connection === connection);
      for (const fail of [...pending]) fail(linkDown('the connection was lost before the acknowledgement'));
      trace(`${name} lost`, reason);
      for (const listener of [...disconnectListeners]) withPower(() => listener(reason));
      ended.resolve();
    }

    const onWire = () => {
      const connection = current;
      if (!connection) return;
      if (wire.state === 'down') lose(connection, 'reset', true);
      // Messages that a silent time has swallowed make TCP give up at some time, also where the wire is well again.
      if (wire.state === 'silent') {
        const patience = () => KEEPALIVE_MS * (0.3 + random());
        time.after(patience(), () => lose(connection, 'nothing was heard', false));
        time.after(patience(), () => lose(connection, 'nothing was heard', true));
      }
    };
    wire.onChange.add(onWire);
    // A program that is killed resets its connection; a machine without power says nothing, and the broker finds out.
    life.whenCut(() => {
      wire.onChange.delete(onWire);
      const connection = current;
      if (!connection) return;
      connection.isUp = false;
      const after = random() < 0.5 ? travel() : KEEPALIVE_MS * (0.3 + random());
      time.after(after, () => broker.disconnect(connection.client, false));
    });

    async function run(): Promise<void> {
      for (let failures = 0; !closing.signal.aborted; ) {
        await clock.sleep(travel(), closing.signal);
        if (closing.signal.aborted) return;
        let heldMs = 0;
        await given.mayConnect?.(closing.signal);
        if (wire.state === 'up' && broker.isUp && !closing.signal.aborted) {
          ended = Promise.withResolvers();
          const since = time.passed();
          current = connectionOf();
          broker.connect(current.client);
          trace(`${name} connected`);
          for (const listener of [...connectListeners]) withPower(listener);
          await ended.promise;
          heldMs = time.passed() - since;
        }
        failures = failuresAfter(failures, heldMs);
        await clock.sleep(pauseMs(failures, PACE, false, random()), closing.signal);
      }
    }
    const running = run();

    async function publish(topic: string, payload: Uint8Array | string, how: PublishOptions = {}): Promise<void> {
      const connection = current;
      if (!connection) throw linkDown(`publish to "${topic}": there is no connection`);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const bytes = Buffer.from(payload as Uint8Array);
      const message = { topic, payload: bytes, retain: how.retain ?? false, qos: how.qos ?? 1 };
      const limit = new AbortController();
      const at = Math.max(connection.sentAt, time.passed() + travel());
      connection.sentAt = at;
      time.after(at - time.passed(), () => {
        if (!connection.isUp || wire.state !== 'up' || !broker.isUp) return;
        trace(`${name} says`, `${topic} ${bytes.length}`);
        broker.publish(message);
        said(name);
        time.after(travel(), () => {
          if (connection.isUp && wire.state === 'up' && !life.isOver) resolve();
        });
      });
      void clock.sleep(ACK_LIMIT_MS, limit.signal).then(() => {
        if (limit.signal.aborted) return;
        reject(linkDown(`publish to "${topic}": no acknowledgement within the limit`));
        lose(connection, 'no acknowledgement', wire.state === 'up');
      });
      pending.add(reject);
      try {
        await promise;
      } finally {
        pending.delete(reject);
        limit.abort();
      }
    }

    return {
      get connected() {
        return current !== undefined;
      },
      publish,
      cut(reason) {
        if (current) lose(current, reason, true);
      },
      onConnect(listener) {
        connectListeners.add(listener);
        return () => connectListeners.delete(listener);
      },
      onDisconnect(listener) {
        disconnectListeners.add(listener);
        return () => disconnectListeners.delete(listener);
      },
      async [Symbol.asyncDispose]() {
        closing.abort();
        wire.onChange.delete(onWire);
        if (current) lose(current, 'closed', true, true);
        await running;
      },
    };
  };
}

const linkDown = (message: string) => new VigieError('link-down', message, { retryable: true });
