import { mayRead, maySubscribe, publishFault } from '@vigie/hub/broker/access';
import {
  downwardFilters,
  FAMILIES,
  HUB_COMMAND_FILTER,
  HUB_STATUS,
  hubTopic,
  RETAINED,
  topicOf,
  UPWARD,
  upwardFilters,
} from '@vigie/shared/protocol/topics';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const device = { name: 'cam', role: 'device' } as const;
const operator = { name: 'cam', role: 'operator' } as const;
const hub = { name: 'hub', role: 'hub' } as const;
const own = { site: 'main', device: 'cam' };
const foreign = { site: 'main', device: 'other' };

test('a device publishes its own upward families and nothing else', () => {
  for (const family of FAMILIES) {
    const upward = UPWARD.includes(family);
    expect(publishFault(device, topicOf(own, family, 'x'), false, 1) === undefined, family).toBe(upward);
    expect(publishFault(device, topicOf(own, family, 'x'), true, 1) === undefined, family).toBe(
      upward && RETAINED.includes(family),
    );
    expect(publishFault(device, topicOf(foreign, family, 'x'), false, 1), family).toBeTypeOf('string');
  }
  expect(publishFault(device, topicOf(foreign, 'status'), true, 1)).toContain('speaks for another device');
  for (const topic of [
    HUB_STATUS,
    '$SYS/x',
    'other',
    'vigie/v1/main/cam/event/x/y',
    'vigie/v1/main/cam/nothing/x',
    '',
  ]) {
    expect(publishFault(device, topic, false, 0), topic).toBeTypeOf('string');
  }
  expect(publishFault(device, topicOf(own, 'status'), false, 2)).toContain('QoS');
});

test('a device hears what is meant for it and nothing else', () => {
  for (const family of FAMILIES) {
    expect(mayRead(device, topicOf(own, family, 'x')), family).toBe(!UPWARD.includes(family));
    expect(mayRead(device, topicOf(foreign, family, 'x')), family).toBe(false);
  }
  for (const filter of downwardFilters(own)) expect(maySubscribe(device, filter), filter).toBe(true);
  expect(maySubscribe(device, 'vigie/v1/main/cam/command/ping')).toBe(true);
  for (const filter of [
    '#',
    '+/#',
    'vigie/#',
    'vigie/v1/#',
    'vigie/v1/main/#',
    'vigie/v1/main/cam/#',
    'vigie/v1/+/cam/ack',
    'vigie/v1/main/+/ack',
    'vigie/v1/main/other/ack',
    'vigie/v1/main/other/command/+',
    '$SYS/#',
    '$share/x/vigie/v1/main/cam/ack',
    'vigie/v1/+/+/event/+',
    'vigie/v1/main/cam/event/+',
    'vigie/v1/main/cam/command/#',
    'vigie/v1/main/cam/+/ping',
  ]) {
    expect(maySubscribe(device, filter), filter).toBe(false);
  }
});

test('no filter lets a device hear of another', () => {
  const level = fc.constantFrom(
    'vigie',
    'v1',
    'main',
    'cam',
    'other',
    'command',
    'ack',
    'job',
    'next',
    '+',
    '#',
    'ping',
    '$SYS',
    '',
  );
  const matches = (filter: string[], topic: string[]): boolean => {
    const [part, ...rest] = filter;
    if (part === undefined) return topic.length === 0;
    if (part === '#') return true;
    return topic.length > 0 && (part === '+' || part === topic[0]) && matches(rest, topic.slice(1));
  };
  fc.assert(
    fc.property(fc.array(level, { minLength: 1, maxLength: 7 }), fc.constantFrom(...FAMILIES), (levels, family) => {
      const heard = matches(levels, topicOf(foreign, family, 'ping').split('/'));
      expect(heard && maySubscribe(device, levels.join('/'))).toBe(false);
    }),
    { numRuns: 3_000 },
  );
});

test('an operator reads everything and gives commands', () => {
  expect(publishFault(operator, topicOf(foreign, 'command', 'ping'), false, 1)).toBeUndefined();
  for (const family of FAMILIES.filter((one) => one !== 'command')) {
    expect(publishFault(operator, topicOf(own, family, 'x'), false, 1), family).toBeTypeOf('string');
  }
  expect(publishFault(operator, topicOf(own, 'command', 'ping'), true, 1)).toBeTypeOf('string');
  expect(publishFault(operator, HUB_STATUS, true, 1)).toBeTypeOf('string');
  expect([maySubscribe(operator, 'vigie/v1/#'), maySubscribe(operator, '#'), maySubscribe(operator, '$SYS/#')]).toEqual(
    [true, false, false],
  );
});

test('operators order of the hub, which answers; a device does neither and hears neither', () => {
  const order = hubTopic('command', 'fleet');
  const answer = hubTopic('reply', 'fleet');
  const may = (account: Parameters<typeof publishFault>[0]) =>
    [order, answer].map((topic) => publishFault(account, topic, false, 1) === undefined);
  expect([may(operator), may(hub), may(device)]).toEqual([
    [true, false],
    [true, true],
    [false, false],
  ]);
  for (const account of [operator, hub]) expect(publishFault(account, order, true, 1)).toContain('retained');
  expect(publishFault(hub, answer, true, 1)).toContain('retained');
  // A device of this name is no way in either, nor one that claims to stand at a site "hub".
  for (const name of ['command', 'reply']) {
    const sly = { name, role: 'device' } as const;
    for (const family of FAMILIES)
      expect(publishFault(sly, topicOf({ site: 'hub', device: name }, family, 'x'), false, 1)).toBeTypeOf('string');
  }
  for (const filter of [HUB_COMMAND_FILTER, hubTopic('reply', '+'), order, answer]) {
    expect([maySubscribe(device, filter), maySubscribe(operator, filter), maySubscribe(hub, filter)], filter).toEqual([
      false,
      true,
      true,
    ]);
  }
  expect([mayRead(device, order), mayRead(device, answer), mayRead(operator, answer)]).toEqual([false, false, true]);
});

test('the hub does all of the protocol, and nothing beside it', () => {
  expect(publishFault(hub, HUB_STATUS, true, 1)).toBeUndefined();
  for (const filter of upwardFilters()) expect(maySubscribe(hub, filter)).toBe(true);
  for (const family of FAMILIES)
    expect(publishFault(hub, topicOf(own, family, 'x'), RETAINED.includes(family), 1)).toBeUndefined();
  expect(publishFault(hub, 'vigie/v1/x', false, 1)).toBeTypeOf('string');
  expect(publishFault(hub, '$SYS/x', false, 1)).toBeTypeOf('string');
});
