import {
  downwardFilters,
  FAMILIES,
  HUB_STATUS,
  hubTopic,
  parseHubCommand,
  parseTopic,
  RETAINED,
  topicOf,
  UPWARD,
  upwardFilters,
} from '@vigie/shared/protocol/topics';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const WITHOUT_SUB = ['status', 'state', 'ack', 'job/next'];
const identifier = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
const address = fc.record({ site: identifier.filter((name) => name !== 'hub'), device: identifier });
const family = fc.constantFrom(...FAMILIES);

test('a topic names what it was made of', () => {
  fc.assert(
    fc.property(address, family, identifier, ({ site, device }, family, sub) => {
      const topic = topicOf({ site, device }, family, sub);
      expect(parseTopic(topic)).toEqual({ site, device, family, sub: WITHOUT_SUB.includes(family) ? undefined : sub });
      expect(topic.split('/').length - 1).toBeLessThanOrEqual(7);
    }),
  );
});

test('nothing else is a topic of the protocol', () => {
  fc.assert(
    fc.property(address, family, fc.string(), (place, family, sub) => {
      fc.pre(!/^[a-z0-9-]{1,32}$/.test(sub) && !WITHOUT_SUB.includes(family));
      expect(parseTopic(topicOf(place, family, sub))).toBeUndefined();
    }),
  );
  for (const topic of [
    '',
    '/',
    'vigie',
    HUB_STATUS,
    'vigie/v1',
    'vigie/v1/main/cam',
    'vigie/v1/main/cam/',
    'vigie/v1/main/cam/status/x',
    'vigie/v2/main/cam/status',
    'other/v1/main/cam/status',
    'vigie/v1/+/cam/status',
    'vigie/v1/main/#',
    '$SYS/x',
    'vigie/v1/Main/cam/status',
    'vigie/v1/main/cam/event',
    'vigie/v1/main/cam/event/',
    'vigie/v1/main/cam/event/+',
    'vigie/v1/main/cam/constructor',
    'vigie/v1/main/cam/event/captured/x',
    '/vigie/v1/main/cam/status',
    'vigie/v1/main/cam/job/one',
    'vigie/v1/main/cam/job//update',
    'vigie/v1/main/../status',
    // What the hub takes and answers is no device's, whatever its name.
    'vigie/v1/hub/command/status',
    'vigie/v1/hub/reply/state',
    'vigie/v1/hub/cam/event/captured',
  ]) {
    expect(parseTopic(topic), topic).toBeUndefined();
  }
});

test('a command to the hub has a name, and nothing below or beside it is one', () => {
  fc.assert(fc.property(identifier, (name) => parseHubCommand(hubTopic('command', name)) === name));
  for (const topic of [
    hubTopic('reply', 'fleet'),
    hubTopic('command', ''),
    hubTopic('command', '+'),
    hubTopic('command', 'fleet/x'),
    'vigie/v1/hub/command',
    'vigie/v1/main/cam/command/ping',
    '/vigie/v1/hub/command/fleet',
  ]) {
    expect(parseHubCommand(topic), topic).toBeUndefined();
  }
});

test('each family goes one way: what devices publish the hub hears, the rest the device', () => {
  const place = { site: 'main', device: 'cam' };
  const matches = (filter: string, topic: string) => {
    const levels = topic.split('/');
    const parts = filter.split('/');
    return parts.length === levels.length && parts.every((part, at) => part === '+' || part === levels[at]);
  };
  for (const family of FAMILIES) {
    const topic = topicOf(place, family, 'x');
    const up = upwardFilters().filter((filter) => matches(filter, topic));
    const down = downwardFilters(place).filter((filter) => matches(filter, topic));
    expect([up.length, down.length], family).toEqual(UPWARD.includes(family) ? [1, 0] : [0, 1]);
  }
  expect(downwardFilters(place)).toContain(HUB_STATUS);
  expect(RETAINED.every((family) => FAMILIES.includes(family))).toBe(true);
});
