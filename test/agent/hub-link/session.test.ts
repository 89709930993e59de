import { openHubSession } from '@vigie/agent/hub-link/session';
import { systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import type { Link, LinkOptions } from '@vigie/shared/link/link';
import { HUB_STATUS } from '@vigie/shared/protocol/topics';
import { expect, test } from 'vitest';
import { deviceState } from '../../hub/fleet/device-state.ts';
import { until } from '../../support/temp.ts';

/** A session over a link that takes what it says and hears what the test says. */
function conversation() {
  const said: { topic: string; ackedSeq?: number }[] = [];
  const events = { acked: 0, ready: 0 };
  let connect = () => {};
  let hear: LinkOptions['receive'] = async () => undefined;
  const link: Link = {
    connected: true,
    async publish(topic, payload) {
      said.push({ topic, ...JSON.parse(String(payload)) });
    },
    onConnect(listener) {
      connect = listener;
      return () => undefined;
    },
    onDisconnect: () => () => undefined,
    cut: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  openHubSession({
    address: { site: 'main', device: 'cam-1' },
    link: { url: 'mqtt://127.0.0.1', protocol: 'auto' },
    openLink(options) {
      hear = options.receive;
      return link;
    },
    generation: 'g',
    session: 1,
    version: '1',
    ackedSeq: () => events.acked,
    state: async () => deviceState({}),
    stateEveryMs: 1_000,
    ready: () => {
      events.ready += 1;
    },
    heard: {
      ack: () => undefined,
      command: () => undefined,
      orders: async () => undefined,
      get: async () => undefined,
    },
    clock: systemClock,
    random: () => 0,
    log: silentLog,
  });
  const hub = (state: 'online' | 'offline', retained: boolean) =>
    hear(HUB_STATUS, Buffer.from(JSON.stringify({ state, session: 1, at: 1 })), retained);
  const births = () => said.filter(({ topic }) => topic.endsWith('/status')).map(({ ackedSeq }) => ackedSeq);
  return { events, connect: () => connect(), hub, births };
}

test('a hub that comes back while the link stands hears a birth with the events that are forgotten by now', async () => {
  const { events, connect, hub, births } = conversation();
  connect();
  await until('it has greeted', () => events.ready === 1);
  await hub('online', true);
  expect(births()).toEqual([0]);
  events.acked = 500;
  await hub('offline', false);
  await hub('online', false);
  await until('it has greeted again', () => events.ready === 3);
  expect(births()).toEqual([0, 500]);
});
