import { readFileSync } from 'node:fs';
import { OFFLINE_QUEUE_MAX } from '@vigie/hub/broker/bounded-queues';
import { RETAINED_TOPICS_MAX } from '@vigie/hub/broker/retained-limit';
import { PACKET_BYTES_MAX } from '@vigie/shared/link/link';
import { DEPTH_MAX, ENTRIES_MAX, PAYLOAD_BYTES_MAX } from '@vigie/shared/link/payload';
import { COMMANDS, commandArgs } from '@vigie/shared/protocol/command';
import {
  HUB_COMMAND_BYTES_MAX,
  HUB_COMMANDS,
  HUB_COMMANDS_BURST,
  HUB_COMMANDS_PER_SECOND,
  hubCommandArgs,
} from '@vigie/shared/protocol/hub-command';
import { CHUNK_BYTES_MAX, CHUNK_ENTRIES_MAX, INFLATED_BYTES_MAX } from '@vigie/shared/protocol/inventory';
import {
  deviceEvent,
  deviceStatus,
  EVENT_TYPES,
  hubStatus,
  JOB_STATES,
  jobOrder,
  resyncSelection,
  SCHEMAS,
  THUMBNAIL_BYTES_MAX,
} from '@vigie/shared/protocol/messages';
import { FAMILIES, HUB_STATUS, hubTopic, RETAINED, topicOf, UPWARD } from '@vigie/shared/protocol/topics';
import { describe, expect, test } from 'vitest';

const text = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const row = (first: string) => rows.filter(([cell]) => cell === `\`${first}\``);
const SUB = { event: '<type>', command: '<name>', reply: '<name>', 'job/update': '<id>' } as Record<string, string>;

/** The sections whose heading names a family, joined. */
const about = (family: string) =>
  text
    .split(/^## /m)
    .filter((section) => section.split('\n')[0]?.includes(`\`${family}\``))
    .join('\n');

describe('docs/protocol.md agrees with the code', () => {
  test.each(FAMILIES)('topic of %s: direction, QoS and retained', (family) => {
    const topic = topicOf({ site: '<site>', device: '<device>' }, family, SUB[family] ?? '<source>');
    expect(row(topic)).toHaveLength(1);
    const [, from, qos, retained] = row(topic)[0] as [string, string, string, string];
    expect(from.startsWith('agent')).toBe(UPWARD.includes(family));
    expect(from.includes('operator')).toBe(family === 'command');
    expect(qos).toBe(family === 'thumbnail' ? '0' : '1');
    expect(retained).toBe(RETAINED.includes(family) ? 'yes' : 'no');
  });

  test('it names no other topic, event or command', () => {
    const topics = rows.filter(([cell]) => cell?.startsWith('`vigie/'));
    expect(topics).toHaveLength(FAMILIES.length + 3);
    for (const topic of [HUB_STATUS, hubTopic('command', '<name>'), hubTopic('reply', '<name>')])
      expect(row(topic), topic).toHaveLength(1);
    expect(rows).toHaveLength(topics.length + EVENT_TYPES.length + COMMANDS.length + HUB_COMMANDS.length);
  });

  test.each(Object.entries(SCHEMAS).filter(([family]) => family !== 'event'))('keys of %s', (family, schema) => {
    const keys = Object.keys((schema as typeof deviceStatus).shape);
    expect(keys.filter((key) => !about(family).includes(`\`${key}\``))).toEqual([]);
  });

  test('keys of the hub’s status, of orders and of selections', () => {
    const missing = (where: string, shape: object) =>
      Object.keys(shape).filter((key) => !about(where).includes(`\`${key}\``));
    expect(missing(HUB_STATUS, hubStatus.shape)).toEqual([]);
    expect(missing('job/next', jobOrder.shape)).toEqual([]);
    expect(missing('job/next', resyncSelection.shape)).toEqual([]);
  });

  test.each(deviceEvent.options.map((option) => [option.shape.type.value, option.shape] as const))(
    'event %s',
    (type, shape) => {
      const [, tells] = row(type)[0] ?? [];
      const common = ['seq', 'generation', 'at', 'historical', 'type'];
      const own = Object.keys(shape).filter((key) => !common.includes(key));
      expect(own.filter((key) => !tells?.includes(`\`${key}\``))).toEqual([]);
      expect(common.filter((key) => !about('event').includes(`\`${key}\``))).toEqual([]);
    },
  );

  test.each(COMMANDS)('command %s', (name) => {
    const [, cell] = row(name)[0] ?? [];
    const documented = [...(cell ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]);
    expect(documented).toEqual(Object.keys(commandArgs[name].shape));
  });

  test.each(HUB_COMMANDS)('command to the hub %s', (name) => {
    const [, cell] = row(`hub/command/${name}`)[0] ?? [];
    const documented = [...(cell ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]);
    expect(documented).toEqual(Object.keys(hubCommandArgs[name].shape));
  });

  test('states', () => {
    const states = [
      ...deviceStatus.shape.state.options,
      ...hubStatus.shape.state.options,
      ...JOB_STATES,
      ...jobOrder.shape.want.options,
    ];
    expect(states.filter((state) => !text.includes(`\`${state}\``))).toEqual([]);
  });

  test('limits', () => {
    const limits = [
      [PACKET_BYTES_MAX, 'bytes'],
      [PAYLOAD_BYTES_MAX, 'bytes'],
      [DEPTH_MAX, 'levels'],
      [ENTRIES_MAX, ''],
      [INFLATED_BYTES_MAX, 'bytes'],
      [CHUNK_BYTES_MAX, 'bytes'],
      [CHUNK_ENTRIES_MAX, 'entries'],
      [THUMBNAIL_BYTES_MAX, 'bytes'],
      [RETAINED_TOPICS_MAX, 'retained topics'],
      [OFFLINE_QUEUE_MAX, 'messages'],
      [HUB_COMMAND_BYTES_MAX, 'bytes'],
      [HUB_COMMANDS_PER_SECOND, 'a second'],
      [HUB_COMMANDS_BURST, 'at once'],
    ] as const;
    expect(limits.filter(([limit, unit]) => !new RegExp(`\\b${limit}\\b ?${unit}`).test(text))).toEqual([]);
  });
});
