import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { Link, LinkOptions } from '@vigie/shared/link/link';
import { encodeMessage, parseMessage, parsePayload } from '@vigie/shared/link/payload';
import {
  type DeviceState,
  hubStatus,
  type JobOrder,
  type Message,
  type MessageFamily,
} from '@vigie/shared/protocol/messages';
import { type DeviceAddress, downwardFilters, HUB_STATUS, parseTopic, topicOf } from '@vigie/shared/protocol/topics';
import { pressing } from './state.ts';

/** The agent's conversation with its hub: birth and will, state, and what the hub says. */
export type HubSession = AsyncDisposable & {
  /** Is the broker connected? */
  readonly connected: boolean;
  /** Is the hub there as well? Bulk traffic waits for it. */
  readonly hubOnline: boolean;
  say<F extends MessageFamily>(
    family: F,
    sub: string | undefined,
    message: Parameters<typeof encodeMessage<F>>[1],
    retain?: boolean,
  ): Promise<void>;
  thumbnail(source: string, jpeg: Buffer): Promise<void>;
  /** Something about the state has changed. */
  touch(): void;
  /** Cuts the link without a farewell. */
  cut(reason: string): void;
  run(signal: AbortSignal): Promise<void>;
};

export type SessionOptions = {
  address: DeviceAddress;
  link: Pick<LinkOptions, 'url' | 'user' | 'password' | 'caFile' | 'protocol' | 'mayConnect'>;
  openLink: (options: LinkOptions) => Link;
  generation: string;
  session: number;
  version: string;
  /** Events up to this one are forgotten here. */
  ackedSeq: () => number;
  state: () => Promise<DeviceState>;
  stateEveryMs: number;
  /** The link is there and birth and state are told: everything else may follow. */
  ready: () => void;
  heard: {
    ack: (message: Message<'ack'>) => void;
    command: (name: string, message: Message<'command'>) => void;
    orders: (orders: JobOrder[], bytesPerSecond: number | undefined) => Promise<void>;
    get: (source: string, message: Message<'inventory/get'>) => Promise<void>;
  };
  clock: Clock;
  random: () => number;
  log: Log;
};

/** A state that has not changed is told this often all the same: it is the heartbeat. */
const BEATS_WITHOUT_CHANGE = 3;

export function openHubSession(options: SessionOptions): HubSession {
  const { address, generation, session, version, heard, clock, log, stateEveryMs } = options;
  let hubOnline = false;
  let touched = true;
  let lastPressing = '';
  let waking = new AbortController();
  const wake = () => {
    waking.abort();
    waking = new AbortController();
  };

  const status = (state: Message<'status'>['state']) =>
    encodeMessage('status', { state, session, generation, version, at: clock.now(), ackedSeq: options.ackedSeq() });

  async function receive(topic: string, payload: Buffer, retained: boolean): Promise<void> {
    if (topic === HUB_STATUS) {
      hubOnline = parsePayload('hub/status', hubStatus, payload).state === 'online';
      // A hub that comes back may have lost its database, or got an older one: a birth that the broker kept tells it where events
      // began at its time, not where they stand now.
      if (hubOnline && !retained) void greet();
      else if (hubOnline) options.ready();
      return;
    }
    const about = parseTopic(topic);
    if (!about || about.site !== address.site || about.device !== address.device) return;
    switch (about.family) {
      case 'ack': {
        const told = parseMessage('ack', payload);
        return heard.ack(told);
      }
      case 'command': {
        // A command may take long: others, and acknowledgements, must not wait behind it.
        const told = parseMessage('command', payload);
        return heard.command(about.sub as string, told);
      }
      case 'job/next': {
        const told = payload.length === 0 ? { jobs: [] } : parseMessage('job/next', payload);
        return heard.orders(told.jobs, 'bytesPerSecond' in told ? told.bytesPerSecond : undefined);
      }
      case 'inventory/get': {
        const told = parseMessage('inventory/get', payload);
        return heard.get(about.sub as string, told);
      }
      default:
    }
  }

  const link = options.openLink({
    ...options.link,
    clientId: address.device,
    will: { topic: topicOf(address, 'status'), payload: status('lost'), retain: true },
    subscriptions: downwardFilters(address),
    receive,
    clock,
    random: options.random,
    log,
  });

  async function tellState(): Promise<void> {
    touched = false;
    const state = await options.state();
    await link.publish(topicOf(address, 'state'), encodeMessage('state', state), { retain: true });
    lastPressing = pressing(state);
  }

  async function greet(): Promise<void> {
    try {
      await link.publish(topicOf(address, 'status'), status('ready'), { retain: true });
      await tellState();
      options.ready();
    } catch (error) {
      log.debug({ error: messageOf(error) }, 'the greeting waits for the next connection');
    }
  }

  link.onConnect(() => void greet());
  link.onDisconnect((reason) => {
    hubOnline = false;
    log.info({ reason }, 'the link to the hub is down');
  });

  return {
    get connected() {
      return link.connected;
    },
    get hubOnline() {
      return link.connected && hubOnline;
    },
    say: (family, sub, message, retain = false) =>
      link.publish(topicOf(address, family, sub), encodeMessage(family, message), { retain }),
    thumbnail: (source, jpeg) => link.publish(topicOf(address, 'thumbnail', source), jpeg, { retain: true, qos: 0 }),
    touch() {
      touched = true;
      wake();
    },
    cut: (reason) => link.cut(reason),
    async run(signal) {
      for (let quiet = 0; !signal.aborted; ) {
        try {
          quiet = touched ? BEATS_WITHOUT_CHANGE : quiet + 1;
          if (link.connected && quiet >= BEATS_WITHOUT_CHANGE) {
            await tellState();
            quiet = 0;
          }
        } catch (error) {
          log.debug({ error: messageOf(error) }, 'the state waits for the link');
        }
        await quietBeat(signal);
      }
    },
    async [Symbol.asyncDispose]() {
      if (link.connected) {
        try {
          await link.publish(topicOf(address, 'status'), status('disconnected'), { retain: true });
        } catch (error) {
          log.debug({ error: messageOf(error) }, 'the farewell did not go out: the last will says it');
        }
      }
      await link[Symbol.asyncDispose]();
    },
  };

  /** Waits for the next beat, or, after a short while that gathers changes, for a pressing one. */
  async function quietBeat(signal: AbortSignal): Promise<void> {
    const end = clock.monotonic() + stateEveryMs;
    while (!signal.aborted && clock.monotonic() < end) {
      await clock.sleep(end - clock.monotonic(), AbortSignal.any([signal, waking.signal]));
      if (signal.aborted || clock.monotonic() >= end) return;
      await clock.sleep(GATHER_MS, signal);
      if (link.connected && pressing(await options.state()) !== lastPressing) return;
    }
  }
}

const GATHER_MS = 250;
