import { identifier } from './asset.ts';

/** Topic names of `docs/protocol.md`. Everything of one device lies below `vigie/v1/<site>/<device>/`. */
export const HUB_STATUS = 'vigie/v1/hub/status';

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

/** The topic of a family; `sub` is the event type, command name, job id or source that it contains. */
export function topicOf({ site, device }: DeviceAddress, family: Family, sub?: string): string {
  const root = `vigie/v1/${site}/${device}`;
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

/** What a topic names, or undefined where it is none of ours. */
export function parseTopic(topic: string): (DeviceAddress & { family: Family; sub: string | undefined }) | undefined {
  const [vigie, v1, site, device, a, b, c, ...rest] = topic.split('/');
  if (vigie !== 'vigie' || v1 !== 'v1' || rest.length > 0) return undefined;
  if (!identifier.safeParse(site).success || !identifier.safeParse(device).success) return undefined;
  const address = { site: site as string, device: device as string };
  for (const family of FAMILIES) {
    const sub = family.startsWith('inventory/') || family === 'job/update' ? b : family === 'job/next' ? undefined : b;
    if (sub === undefined && !['status', 'state', 'ack', 'job/next'].includes(family)) continue;
    if (topicOf(address, family, sub) === topic) {
      const subless = ['status', 'state', 'ack', 'job/next'].includes(family);
      return { ...address, family, sub: subless ? undefined : sub };
    }
  }
  void a;
  void c;
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
