import { asyncApi } from '@vigie/shared/protocol/asyncapi';
import { COMMANDS } from '@vigie/shared/protocol/command';
import { HUB_COMMANDS } from '@vigie/shared/protocol/hub-command';
import { EVENT_TYPES } from '@vigie/shared/protocol/messages';
import {
  downwardFilters,
  FAMILIES,
  HUB_COMMAND_FILTER,
  HUB_STATUS,
  hubTopic,
  UPWARD,
} from '@vigie/shared/protocol/topics';
import { expect, test } from 'vitest';

type Channel = { address: string; parameters: Record<string, { enum?: string[] }>; messages: Record<string, unknown> };
type Operation = { action: string; channel: { $ref: string }; messages: { $ref: string }[] };
const document = asyncApi('1.2.3') as {
  asyncapi: string;
  info: { title: string; version: string };
  channels: Record<string, Channel>;
  operations: Record<string, Operation>;
  components: { messages: Record<string, { payload: object }>; schemas: Record<string, object> };
};

test('says what it is', () => {
  expect(document.asyncapi).toBe('3.0.0');
  expect(document.info).toMatchObject({ title: expect.any(String), version: '1.2.3' });
});

test('each reference leads to something in the document', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map((match) => match[1] as string);
  expect(references.length).toBeGreaterThan(30);
  for (const reference of references) {
    const [root, ...path] = reference.split('/');
    expect(root, reference).toBe('#');
    const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
    expect(found, reference).toBeTypeOf('object');
  }
});

test('each parameter of an address is described, and no other', () => {
  for (const { address, parameters } of Object.values(document.channels)) {
    const named = [...address.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(Object.keys(parameters).sort()).toEqual(named.sort());
  }
  expect(document.channels.event?.parameters.type?.enum).toEqual([...EVENT_TYPES]);
  expect(document.channels.command?.parameters.name?.enum).toEqual([...COMMANDS]);
  expect(document.channels.hubCommand?.parameters.name?.enum).toEqual([...HUB_COMMANDS]);
});

test('each family has a channel, and an operation in its direction', () => {
  expect(Object.keys(document.channels)).toHaveLength(FAMILIES.length + 3);
  const sent = Object.values(document.operations)
    .filter(({ action }) => action === 'send')
    .map(({ channel }) => document.channels[channel.$ref.slice('#/channels/'.length)]?.address);
  const filters = [...downwardFilters({ site: '{site}', device: '{device}' }), hubTopic('reply', '+')];
  expect(sent.map((address) => address?.replace(/\{(source|name)\}/, '+')).sort()).toEqual(filters.sort());
  expect(sent).toContain(HUB_STATUS);
  const received = Object.values(document.operations).filter(({ action }) => action === 'receive');
  expect(received).toHaveLength(UPWARD.length + 1);
  expect(document.channels.hubCommand?.address.replace('{name}', '+')).toBe(HUB_COMMAND_FILTER);
});

test('each message has a payload with a form, and each command its arguments', () => {
  for (const [name, { payload }] of Object.entries(document.components.messages)) {
    const described = 'type' in payload || 'oneOf' in payload || 'anyOf' in payload;
    expect(described, name).toBe(true);
  }
  for (const name of COMMANDS)
    expect(document.components.schemas).toHaveProperty([`arguments-${name}`, 'type'], 'object');
  for (const name of HUB_COMMANDS)
    expect(document.components.schemas).toHaveProperty([`hub-arguments-${name}`, 'type'], 'object');
});

test('it is plain JSON', () => {
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
});
