import type { SimTime } from './time.ts';
import type { Trace } from './trace.ts';

/** One message on its way to a client; `id` names it in the client's session. */
export type Packet = { id: number; topic: string; payload: Buffer; retained: boolean };
export type Will = { topic: string; payload: string; retain: boolean };

/** What the broker knows of one connection. */
export type Client = {
  clientId: string;
  will: Will | undefined;
  filters: readonly string[];
  /** A message sets out to this client. */
  push: (packet: Packet) => void;
  /** The broker has ended it. */
  ended: (reason: string) => void;
};

/**
 * A broker as MQTT 5 describes it: sessions that outlast connections, QoS 1, retained messages, last wills. On top of it come the faults:
 * duplicates, queues that overflow, a kill, and the loss of all state.
 */
export type SimBroker = {
  readonly isUp: boolean;
  connect(client: Client): void;
  /** The connection has ended; `orderly` keeps its will from being told. */
  disconnect(client: Client, orderly: boolean): void;
  publish(message: { topic: string; payload: Buffer; retain: boolean; qos: 0 | 1 }): void;
  acknowledged(client: Client, id: number): void;
  kill(options: { wiped: boolean }): void;
  start(): void;
};

type Session = { filters: readonly string[]; queue: Packet[]; client: Client | undefined; leftAt: number };

/** What the links of this project ask for. */
const SESSION_EXPIRY_MS = 3_600_000;

export function createSimBroker(options: {
  time: SimTime;
  /** Messages that are kept for a client that is away. */
  queueMax: number;
  /** Is this message to be given twice? */
  isDoubled: () => boolean;
  trace: Trace;
}): SimBroker {
  const { time, queueMax, isDoubled, trace } = options;
  const sessions = new Map<string, Session>();
  const retained = new Map<string, Buffer>();
  let isUp = true;
  let ids = 0;

  function give(session: Session, topic: string, payload: Buffer, isRetained: boolean, qos: 0 | 1): void {
    if (!session.client && (qos === 0 || session.queue.length >= queueMax)) return;
    const packet = { id: ++ids, topic, payload, retained: isRetained };
    if (qos === 1) session.queue.push(packet);
    session.client?.push(packet);
    if (qos === 1 && isDoubled()) session.client?.push(packet);
  }

  function publish({ topic, payload, retain, qos }: Parameters<SimBroker['publish']>[0]): void {
    if (retain && payload.length === 0) retained.delete(topic);
    else if (retain) retained.set(topic, payload);
    for (const session of sessions.values()) {
      if (!session.client && time.passed() - session.leftAt > SESSION_EXPIRY_MS) continue;
      if (session.filters.some((filter) => matches(filter, topic))) give(session, topic, payload, false, qos);
    }
  }

  function leave(client: Client, orderly: boolean): void {
    const session = sessions.get(client.clientId);
    if (session?.client !== client) return;
    session.client = undefined;
    session.leftAt = time.passed();
    const { will } = client;
    if (!will || orderly) return;
    trace('will', client.clientId);
    publish({ topic: will.topic, payload: Buffer.from(will.payload), retain: will.retain, qos: 1 });
  }

  return {
    get isUp() {
      return isUp;
    },
    connect(client) {
      const before = sessions.get(client.clientId);
      if (before?.client) {
        // A half-open connection is taken over: its will is told first.
        const { client: old } = before;
        leave(old, false);
        old.ended('taken over');
      }
      const isKept = before !== undefined && time.passed() - before.leftAt <= SESSION_EXPIRY_MS;
      const session: Session = { filters: client.filters, queue: isKept ? before.queue : [], client, leftAt: 0 };
      sessions.set(client.clientId, session);
      for (const packet of session.queue) client.push(packet);
      for (const [topic, payload] of retained) {
        if (client.filters.some((filter) => matches(filter, topic))) give(session, topic, payload, true, 1);
      }
    },
    disconnect: leave,
    publish,
    acknowledged(client, id) {
      const session = sessions.get(client.clientId);
      if (session?.client === client) session.queue = session.queue.filter((packet) => packet.id !== id);
    },
    kill({ wiped }) {
      isUp = false;
      for (const session of sessions.values()) {
        const { client } = session;
        session.client = undefined;
        session.leftAt = time.passed();
        client?.ended('the broker was killed');
      }
      if (!wiped) return;
      sessions.clear();
      retained.clear();
    },
    start() {
      isUp = true;
    },
  };
}

/** Does a topic fall under a subscription? Of the wildcards this project uses `+` alone. */
function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  return wanted.length === levels.length && wanted.every((level, i) => level === '+' || level === levels[i]);
}
