import { identifier } from './asset.ts';

/** Topic names of `docs/protocol.md`. Everything of one device lies below `vigie/v1/<site>/<device>/`. */
export const ROOT = 'vigie/v1/';
export const HUB_STATUS = `${ROOT}hub/status`;

/** Below it lies what the hub itself is told and says, so no site may have this name. */
export const HUB_SITE = 'hub';
/** The subscription of a hub for what operators order of it. */
export const HUB_COMMAND_FILTER = `${ROOT}${HUB_SITE}/command/+`;

/** Where an operator orders something of the hub, and where the hub answers. */
export const hubTopic = (family: 'command' | 'reply', name: string): string => `${ROOT}${HUB_SITE}/${family}/${name}`;

/** The name of the command that a topic gives to the hub, or undefined where it is none. */
export function parseHubCommand(topic: string): string | undefined {
  const name = topic.slice(hubTopic('command', '').length);
  return topic === hubTopic('command', name) && isIdentifier(name) ? name : undefined;
}

export type DeviceAddress = { site: string; device: string };

/** Message families of a device; `<x>` levels are given to `topicOf` as `sub`. */
export const FAMILIES = [
  'status',
  'state',
  'event',
  'ack',
  'command',
  'reply',
  'job/next',
  'job/update',
  'inventory/digest',
  'inventory/get',
  'inventory/chunk',
  'thumbnail',
] as const;
export type Family = (typeof FAMILIES)[number];

/** Families that devices publish; the others come from the hub or an operator. */
export const UPWARD: readonly Family[] = [
  'status',
  'state',
  'event',
  'reply',
  'job/update',
  'inventory/digest',
  'inventory/chunk',
  'thumbnail',
];

/** Families of which the broker keeps the last message for later subscribers. */
export const RETAINED: readonly Family[] = ['status', 'state', 'job/next', 'inventory/digest', 'thumbnail'];

/** Families whose topic has no level of its own for an event type, command name, job id or source. */
const WITHOUT_SUB: readonly Family[] = ['status', 'state', 'ack', 'job/next'];

/** The topic of a family; `sub` is the event type, command name, job id or source that it contains. */
export function topicOf({ site, device }: DeviceAddress, family: Family, sub?: string): string {
  const root = `${ROOT}${site}/${device}`;
  switch (family) {
    case 'status':
    case 'state':
    case 'ack':
    case 'job/next':
      return `${root}/${family}`;
    case 'job/update':
      return `${root}/job/${sub}/update`;
    case 'inventory/digest':
    case 'inventory/get':
    case 'inventory/chunk':
      return `${root}/inventory/${sub}/${family.slice('inventory/'.length)}`;
    default:
      return `${root}/${family}/${sub}`;
  }
}

/** What a device's topic names, or undefined where it is none. All its free levels are identifiers: 1–32 of a-z, 0-9, `-`. */
export function parseTopic(topic: string): (DeviceAddress & { family: Family; sub: string | undefined }) | undefined {
  const [, , site = '', device = '', , second] = topic.split('/');
  if (!isIdentifier(site) || !isIdentifier(device) || site === HUB_SITE) return undefined;
  for (const family of FAMILIES) {
    const sub = WITHOUT_SUB.includes(family) ? undefined : second;
    if (topicOf({ site, device }, family, sub) !== topic) continue;
    return WITHOUT_SUB.includes(family) || isIdentifier(sub) ? { site, device, family, sub } : undefined;
  }
  return undefined;
}

/** The subscription that an agent needs: everything that others may tell it. */
export function downwardFilters(address: DeviceAddress): string[] {
  return [
    HUB_STATUS,
    topicOf(address, 'ack'),
    topicOf(address, 'command', '+'),
    topicOf(address, 'job/next'),
    topicOf(address, 'inventory/get', '+'),
  ];
}

/** The subscriptions of a hub: everything that devices publish. */
export function upwardFilters(): string[] {
  const any = { site: '+', device: '+' };
  return UPWARD.map((family) => topicOf(any, family, '+'));
}

function isIdentifier(level: string | undefined): boolean {
  return identifier.safeParse(level).success;
}
