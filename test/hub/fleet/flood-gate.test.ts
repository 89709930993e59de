import { createFloodGate } from '@vigie/hub/fleet/flood-gate';
import { silentLog } from '@vigie/shared/kit/log';
import { topicOf } from '@vigie/shared/protocol/topics';
import { expect, test } from 'vitest';
import { handClock } from '../../support/ledger.ts';

const address = (device: string) => ({ site: 'main', device });

function gated() {
  const clock = handClock();
  const taken: string[] = [];
  const said: string[] = [];
  const calmed: string[] = [];
  const gate = createFloodGate({
    intake: async (topic) => void taken.push(topic),
    activities: { add: (type, message) => void said.push(`${type}: ${message}`) },
    calmed: ({ device }) => void calmed.push(device),
    clock,
    log: silentLog,
    limits: { perSecond: 10, burst: 50 },
  });
  const hear = (topic: string) => gate(topic, Buffer.from('{}'), false);
  const count = (topic: string) => taken.filter((one) => one === topic).length;
  return { clock, hear, count, said, calmed };
}

test('a device that floods is heard up to its allowance; the others, and its events, are all heard', async () => {
  const { clock, hear, count, said } = gated();
  const [loud, quiet] = [topicOf(address('loud'), 'state'), topicOf(address('quiet'), 'state')];
  const event = topicOf(address('loud'), 'event', 'captured');
  for (let n = 0; n < 1_000; n++) {
    await hear(loud);
    await hear(event);
    if (n % 50 === 0) await hear(quiet);
  }
  expect([count(loud), count(event), count(quiet)]).toEqual([50, 1_000, 20]);
  clock.advance(2_000);
  for (let n = 0; n < 1_000; n++) await hear(loud);
  expect(count(loud)).toBe(70);
  expect(said).toEqual(['device-floods: main/loud sends more than 10 messages a second; what is above is dropped']);
});

test('another site in the topic is no second allowance', async () => {
  const { hear, count } = gated();
  for (let n = 0; n < 200; n++) await hear(topicOf({ site: `site-${n}`, device: 'loud' }, 'state'));
  expect(count(topicOf({ site: 'site-49', device: 'loud' }, 'state'))).toBe(1);
  expect(count(topicOf({ site: 'site-50', device: 'loud' }, 'state'))).toBe(0);
});

test('once it has been calm for a minute, the end of the flood is told with what was dropped, and what may be missing is asked for', async () => {
  const { clock, hear, count, said, calmed } = gated();
  const loud = topicOf(address('loud'), 'state');
  for (let n = 0; n < 60; n++) await hear(loud);
  clock.advance(30_000);
  await hear(loud);
  expect(said).toHaveLength(1);
  expect(calmed).toEqual([]);
  clock.advance(40_000);
  await hear(loud);
  expect(said.at(-1)).toBe('device-calm: main/loud floods no more; 10 messages were dropped');
  expect(count(loud)).toBe(52);
  expect(calmed).toEqual(['loud']);
});

test('a birth is heard in the middle of a flood: without it the device would stay lost', async () => {
  const { hear, count } = gated();
  for (let n = 0; n < 200; n++) await hear(topicOf(address('loud'), 'state'));
  await hear(topicOf(address('loud'), 'status'));
  expect(count(topicOf(address('loud'), 'status'))).toBe(1);
});
