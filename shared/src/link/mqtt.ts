import { readFile } from 'node:fs/promises';
import { codeOf, messageOf, VigieError } from '../kit/errors.ts';
import { createInbox } from './inbox.ts';
import type { Link, LinkOptions, PublishOptions } from './link.ts';
import { type Connection, type Incoming, openConnection } from './mqtt-connection.ts';
import { failuresAfter, type Pace, pauseMs } from './pace.ts';
import { fits, judgeLoss, lossesAfterAck, packetBytes } from './packet-size.ts';
import { firstVersion, nextVersion, type VersionOutcome } from './protocol-version.ts';
import { type Ending, explainEnding, isVersionRefusal } from './refusal.ts';

/** A device should be back within seconds of its network, and an attempt costs one packet. */
const RECONNECT: Pace = { baseMs: 1_000, capMs: 10_000, slowMs: 60_000 };
const ACK_LIMIT_MS = 20_000;
const SESSION_EXPIRY_S = 3_600;
/** What may wait for `receive` before the connection reads no further. */
const INBOX_ENTRIES_MAX = 1_000;
const INBOX_BYTES_MAX = 16 * 1024 * 1024;
const PUBLISHES_MAX = 1_000;
/** How long a disposal waits for acknowledgements and for the message that is being handled. */
const FAREWELL_MS = 5_000;

/** A publish that is not settled; `sentBytes` is 0 until it was its turn. */
type Pending = { sentBytes: number; fail: (error: VigieError) => void; settled: Promise<void> };
type Received = Incoming & { connection: Connection };

/** Opens the link to a broker over MQTT.js. It returns at once; the connection comes when it can. */
export function openLink(options: LinkOptions): Link {
  const { clock, random, log, url } = options;
  const closing = new AbortController();
  const connectListeners = new Set<() => void>();
  const disconnectListeners = new Set<(reason: string) => void>();
  const pending = new Set<Pending>();
  let current: Connection | undefined;
  /** The connection of this attempt, before it is of use. */
  let opening: Connection | undefined;
  /** Also before it is subscribed: a handler of what waited in the broker's session may answer at once. */
  let speaking: Connection | undefined;
  let largeLosses = 0;
  let reading = true;
  let leaving = false;
  let version = firstVersion(options.protocol);

  const inbox = createInbox<Received>({
    entriesMax: INBOX_ENTRIES_MAX,
    bytesMax: INBOX_BYTES_MAX,
    bytesOf: ({ payload }) => payload.length,
    async handle({ connection, topic, payload, retained, messageId }) {
      try {
        await options.receive(topic, payload, retained);
      } catch (error) {
        const retryable = error instanceof VigieError && error.retryable;
        const about = { topic, bytes: payload.length, code: codeOf(error), error: messageOf(error) };
        if (retryable) {
          log.warn(about, 'message not handled; it will come again');
          inbox.forget((item) => item.connection === connection);
          await connection.close('a message could not be handled and has to come again');
          return;
        }
        log.error(about, 'message not handled; it is dropped');
      }
      if (messageId !== undefined) connection.acknowledge(messageId);
    },
  });

  /** One connection from beginning to end; answers how it ended and how long it was up. */
  const attempt = async (): Promise<{ ending: Ending; heldMs: number }> => {
    let ca: Buffer | undefined;
    try {
      ca = options.caFile === undefined ? undefined : await readFile(options.caFile);
    } catch (error) {
      return { ending: { how: 'unreachable', error: error as Error }, heldMs: 0 };
    }
    const connection: Connection = openConnection({
      ...options,
      onGreeted: () => {
        speaking = connection;
      },
      version: version.speak,
      ca,
      sessionExpiryS: options.sessionExpiryS ?? SESSION_EXPIRY_S,
      onMessage: (message) => {
        if (inbox.push({ ...message, connection })) return undefined;
        reading = false;
        return new Promise<void>((resolve) => inbox.onRoom(resolve)).then(() => {
          reading = true;
        });
      },
      onRefusedFilter: (filters, error) =>
        log.error(
          { filters, error: error.message, hint: "check the broker's access control list" },
          'subscription refused',
        ),
    });
    opening = connection;
    const stop = () => void connection.close('closed by this program');
    closing.signal.addEventListener('abort', stop, { once: true });
    if (closing.signal.aborted) stop();
    let since: number | undefined;
    if ((await connection.established) && !closing.signal.aborted) {
      since = clock.monotonic();
      current = connection;
      tell(connectListeners, undefined);
    }
    const ending = await connection.ended;
    closing.signal.removeEventListener('abort', stop);
    current = undefined;
    opening = undefined;
    speaking = undefined;
    inbox.forget((item) => item.connection === connection);
    failPending(ending);
    if (since === undefined) return { ending, heldMs: 0 };
    tell(disconnectListeners, ending.how === 'lost' ? ending.reason : ending.how);
    return { ending, heldMs: clock.monotonic() - since };
  };

  const failPending = (ending: Ending) => {
    const largest = Math.max(0, ...[...pending].map((one) => one.sentBytes));
    const verdict = judgeLoss(largeLosses, largest, ending.how === 'lost' ? ending.reasonCode : undefined);
    largeLosses = verdict.losses;
    for (const one of [...pending]) {
      const fault = verdict.tooLarge && one.sentBytes === largest;
      one.fail(fault ? tooLarge(largest) : linkDown('publish: the connection was lost before the acknowledgement'));
    }
  };

  const tell = <A>(listeners: Set<(argument: A) => void>, argument: A) => {
    for (const listener of [...listeners]) {
      try {
        listener(argument);
      } catch (error) {
        log.error({ error: messageOf(error) }, 'a listener of the link failed');
      }
    }
  };

  const run = async () => {
    let failures = 0;
    let told = '';
    while (!closing.signal.aborted) {
      await options.mayConnect?.(closing.signal);
      if (closing.signal.aborted) return;
      const { ending, heldMs } = await attempt();
      if (closing.signal.aborted) return;
      const next = nextVersion(options.protocol, version, versionOutcome(ending));
      version = next.choice;
      if (next.atOnce) {
        log.info({ broker: url }, 'the broker does not speak MQTT 5; 3.1.1 is tried');
        continue;
      }
      failures = failuresAfter(failures, heldMs);
      const { error, slow } = explainEnding(ending, url);
      const pause = pauseMs(failures, { ...RECONNECT, ...options.reconnect }, slow, random());
      const about = { code: error.code, hint: error.hint, nextAttemptMs: pause };
      // The same misery is told once; an operator's fault each time, for its attempts are few.
      if (slow) log.error(about, error.message);
      else if (messageOf(error) !== told || heldMs > 0) log.warn(about, messageOf(error));
      told = messageOf(error);
      await clock.sleep(pause, closing.signal);
    }
  };
  const running = run();

  return {
    get connected() {
      return current !== undefined;
    },
    async publish(topic, payload, how: PublishOptions = {}) {
      const connection = speaking;
      if (!connection || leaving) throw linkDown(`publish to "${topic}": there is no connection`);
      if (pending.size >= PUBLISHES_MAX) throw busy(topic, `${PUBLISHES_MAX} messages wait already`);
      const bytes = Buffer.from(payload as Uint8Array);
      const size = packetBytes(topic, bytes.length);
      if (!fits(size, connection.packetBytesMax())) throw tooLarge(size);

      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const entry: Pending = { sentBytes: 0, fail: reject, settled: promise };
      const limit = new AbortController();
      void clock.sleep(options.ackLimitMs ?? ACK_LIMIT_MS, limit.signal).then(() => {
        if (limit.signal.aborted) return;
        if (!reading) return reject(busy(topic, 'messages that came in have to be handled first'));
        reject(linkDown(`publish to "${topic}": no acknowledgement within the limit`));
        connection.drop('the broker acknowledged nothing for too long');
      });
      pending.add(entry);
      try {
        const onSent = () => {
          entry.sentBytes = size;
        };
        connection.publish(topic, bytes, how, onSent).then(resolve, reject);
        await promise;
        largeLosses = lossesAfterAck(largeLosses, size);
      } finally {
        pending.delete(entry);
        limit.abort();
      }
    },
    onConnect(listener) {
      connectListeners.add(listener);
      return () => connectListeners.delete(listener);
    },
    onDisconnect(listener) {
      disconnectListeners.add(listener);
      return () => disconnectListeners.delete(listener);
    },
    cut: (reason) => (current ?? opening)?.drop(reason),
    async [Symbol.asyncDispose]() {
      leaving = true;
      const limit = new AbortController();
      const farewell = clock.sleep(FAREWELL_MS, limit.signal);
      await Promise.race([inbox.stop(), farewell]);
      await Promise.race([Promise.allSettled([...pending].map(({ settled }) => settled)), farewell]);
      closing.abort();
      limit.abort();
      await running;
    },
  };
}

function versionOutcome(ending: Ending): VersionOutcome {
  if (ending.how === 'lost') return 'accepted';
  if (ending.how === 'silent') return 'silent';
  return ending.how === 'refused' && isVersionRefusal(ending.reasonCode) ? 'refused' : 'unknown';
}

const linkDown = (message: string) => new VigieError('link-down', message, { retryable: true });

const busy = (topic: string, why: string) =>
  new VigieError('link-busy', `publish to "${topic}": ${why}`, { retryable: true });

const tooLarge = (bytes: number) =>
  new VigieError(
    'packet-too-large',
    `publish a packet of ${bytes} bytes: the broker does not take it; send smaller ones`,
  );
