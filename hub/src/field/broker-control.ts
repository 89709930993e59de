import { randomUUID } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Link } from '@vigie/shared/link/link';
import { openLink } from '@vigie/shared/link/mqtt';
import { CONTROL_RESPONSES, CONTROL_TOPIC } from './broker-rules.ts';

/** Orders to Mosquitto's dynamic-security plugin, over a link of their own as the hub's user. */
export type BrokerControl = AsyncDisposable & {
  /**
   * Carries out commands in their order and answers with what each gave. Rejects `unreachable` (retryable) where the broker is not there
   * or does not answer within the limit.
   */
  run(commands: BrokerCommand[]): Promise<BrokerAnswer[]>;
  /** Called at each connection: what the broker remembers may be older than what the hub knows. */
  onConnect(listener: () => void): () => void;
};
export type BrokerCommand = { command: string } & Record<string, unknown>;
/** `error`: the plugin's own words, where it did not carry it out. */
export type BrokerAnswer = { command: string; error?: string; data?: Record<string, unknown> };

export type BrokerAccess = {
  url: string;
  user?: string | undefined;
  password?: string | undefined;
  caFile?: string | undefined;
};

const LIMIT_MS = 2_000;
const RECONNECT = { baseMs: 200, capMs: 2_000 };

export function openBrokerControl(options: {
  broker: BrokerAccess;
  clock: Clock;
  /** A number in [0, 1): the jitter. */
  random: () => number;
  log: Log;
  limitMs?: number;
}): BrokerControl {
  const { broker, clock, limitMs = LIMIT_MS } = options;
  const open = new Map<string, (answers: BrokerAnswer[]) => void>();
  const link: Link = openLink({
    ...broker,
    clientId: 'hub-control',
    protocol: 'auto',
    subscriptions: [CONTROL_RESPONSES],
    reconnect: RECONNECT,
    async receive(_topic, payload) {
      const { responses = [] } = JSON.parse(payload.toString('utf8')) as {
        responses?: (BrokerAnswer & { correlationData?: string })[];
      };
      const id = responses[0]?.correlationData;
      // Others with this right, such as mosquitto_ctrl, have their answers on the same topic.
      if (id !== undefined) open.get(id)?.(responses);
    },
    clock,
    random: options.random,
    log: options.log,
  });

  async function answered(commands: BrokerCommand[]): Promise<BrokerAnswer[]> {
    const correlationData = randomUUID();
    const { promise, resolve } = Promise.withResolvers<BrokerAnswer[]>();
    const over = new AbortController();
    open.set(correlationData, resolve);
    try {
      await link.publish(CONTROL_TOPIC, JSON.stringify({ commands: commands.map((c) => ({ ...c, correlationData })) }));
      const late = clock.sleep(limitMs, over.signal).then(() => 'late' as const);
      const answers = await Promise.race([promise, late]);
      if (answers === 'late') throw new Error(`no answer in ${limitMs} ms`);
      return answers;
    } catch (error) {
      throw new VigieError('unreachable', `order "${commands[0]?.command}" of the broker "${broker.url}"`, {
        cause: error,
        retryable: true,
        hint: 'Is Mosquitto running, with the configuration that vigie-hub broker-config wrote?',
      });
    } finally {
      open.delete(correlationData);
      over.abort();
    }
  }

  return {
    run: answered,
    onConnect: (listener) => link.onConnect(listener),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}
