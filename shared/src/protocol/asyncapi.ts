import { z } from 'zod';
import { COMMANDS, commandArgs } from './command.ts';
import { HUB_COMMANDS, hubCommandArgs } from './hub-command.ts';
import { EVENT_TYPES, hubStatus, SCHEMAS } from './messages.ts';
import { FAMILIES, type Family, HUB_STATUS, hubTopic, RETAINED, topicOf, UPWARD } from './topics.ts';

/** What each family is for, and who listens: the text of the AsyncAPI document. */
const PURPOSE: Record<Family, string> = {
  status: 'Birth and last will of a device.',
  state: 'The whole condition of a device, at most every 10 s.',
  event: 'What has happened at a device, with a gap-free sequence; the topic names its type.',
  ack: 'The highest contiguous event sequence that the hub has committed.',
  command: 'A short method that a device runs at once; the topic names it. Operators may send it too.',
  reply: 'The outcome of a command, under its name.',
  'job/next': 'Every job of a device that is not at its end.',
  'job/update': 'The progress of one job; the topic names its id.',
  'inventory/digest': 'All buckets of one source in figures, by day or by month.',
  'inventory/get': 'The hub asks for what differs in an inventory: figures of days, of slices of them, tags, entries.',
  'inventory/chunk': 'Part of the answer to inventory/get; applied whole or not at all.',
  thumbnail: 'The newest preview of one source: a JPEG of at most 20 KB.',
};

/** The free levels of a topic, beyond site and device. */
const PARAMETER: Record<Family, 'type' | 'name' | 'id' | 'source' | undefined> = {
  status: undefined,
  state: undefined,
  event: 'type',
  ack: undefined,
  command: 'name',
  reply: 'name',
  'job/next': undefined,
  'job/update': 'id',
  'inventory/digest': 'source',
  'inventory/get': 'source',
  'inventory/chunk': 'source',
  thumbnail: 'source',
};

const LEVELS = {
  site: { description: 'The site: 1 to 32 characters of a-z, 0-9 and -.' },
  device: { description: 'The device, which is also its user name and client id on the broker.' },
  type: { description: 'The type of the event.', enum: [...EVENT_TYPES] },
  name: { description: 'The name of the command.', enum: [...COMMANDS] },
  id: { description: 'The id of the job.' },
  source: { description: 'The name of the source.' },
};

/** What the hub takes from operators and answers them: the messages are those of a device's commands. */
const HUB_NAME = { name: { description: 'The name of the command to the hub.', enum: [...HUB_COMMANDS] } };

type Json = Record<string, unknown>;

/**
 * The MQTT contract as an AsyncAPI 3.0 document, made from the very schemas that the programs use. It is written from
 * the hub's side: the hub receives what devices send. Source of the form: AsyncAPI specification 3.0.0.
 */
export function asyncApi(version: string): Json {
  const schemas: Json = {};
  const channels: Json = {
    hubStatus: channel(HUB_STATUS, {}, 'hubStatus', 'Birth and last will of the hub.', true),
    hubCommand: channel(
      hubTopic('command', '{name}'),
      HUB_NAME,
      'command',
      'What an operator orders of the hub.',
      false,
    ),
    hubReply: channel(hubTopic('reply', '{name}'), HUB_NAME, 'reply', 'What the hub answers, under its name.', false),
  };
  const operations: Json = {
    sendHubStatus: operation('send', 'hubStatus', 'hubStatus'),
    receiveHubCommand: operation('receive', 'hubCommand', 'command'),
    sendHubReply: operation('send', 'hubReply', 'reply'),
  };
  const messages: Json = {
    hubStatus: {
      name: 'hubStatus',
      contentType: 'application/json',
      payload: schemaOf('hubStatus', hubStatus, schemas),
    },
  };

  for (const family of FAMILIES) {
    const key = keyOf(family);
    const parameter = PARAMETER[family];
    const address = topicOf({ site: '{site}', device: '{device}' }, family, parameter && `{${parameter}}`);
    const parameters = {
      site: LEVELS.site,
      device: LEVELS.device,
      ...(parameter ? { [parameter]: LEVELS[parameter] } : {}),
    };
    channels[key] = channel(address, parameters, key, PURPOSE[family], RETAINED.includes(family));
    const upward = UPWARD.includes(family);
    operations[`${upward ? 'receive' : 'send'}${key[0]?.toUpperCase()}${key.slice(1)}`] = operation(
      upward ? 'receive' : 'send',
      key,
      key,
      family === 'thumbnail' ? 0 : 1,
    );
    messages[key] =
      family === 'thumbnail'
        ? { name: key, contentType: 'image/jpeg', payload: { type: 'string', format: 'binary' } }
        : { name: key, contentType: 'application/json', payload: schemaOf(key, SCHEMAS[family], schemas) };
  }
  for (const name of COMMANDS) {
    const key = `arguments-${name}`;
    schemas[key] = schemaOf(key, commandArgs[name], schemas);
  }
  for (const name of HUB_COMMANDS) {
    const key = `hub-arguments-${name}`;
    schemas[key] = schemaOf(key, hubCommandArgs[name], schemas);
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Vigie over MQTT',
      version,
      description:
        'Messages between agents, the hub and operators. The arguments of each command stand under components.schemas.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      broker: {
        host: 'localhost:1883',
        protocol: 'mqtt',
        description: 'MQTT 5 or 3.1.1: Mosquitto, or the one inside the hub.',
      },
    },
    channels,
    operations,
    components: { messages, schemas },
  };
}

function channel(address: string, parameters: Json, message: string, description: string, retained: boolean): Json {
  return {
    address,
    description: retained ? `${description} Retained.` : description,
    parameters,
    messages: { [message]: { $ref: `#/components/messages/${message}` } },
  };
}

function operation(action: 'send' | 'receive', channelKey: string, message: string, qos = 1): Json {
  return {
    action,
    channel: { $ref: `#/channels/${channelKey}` },
    messages: [{ $ref: `#/channels/${channelKey}/messages/${message}` }],
    bindings: { mqtt: { qos, bindingVersion: '0.2.0' } },
  };
}

/**
 * JSON Schema of what may be sent: keys with a default may be left out. Definitions that the schema refers to itself by
 * go into `shared`, since references count from the root of the document.
 */
function schemaOf(key: string, schema: z.ZodType, shared: Json): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as Json;
  const text = JSON.stringify(rest).replaceAll('"#/definitions/', `"#/components/schemas/${key}-`);
  const { definitions, ...payload } = JSON.parse(text) as Json & { definitions?: Json };
  for (const [name, definition] of Object.entries(definitions ?? {})) shared[`${key}-${name}`] = definition;
  return payload;
}

/** `inventory/digest` → `inventoryDigest`. */
const keyOf = (family: Family): string => family.replace(/\/(\w)/g, (_, letter: string) => letter.toUpperCase());
