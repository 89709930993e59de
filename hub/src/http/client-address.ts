import { BlockList, isIP } from 'node:net';
import { VigieError } from '@vigie/shared/kit/errors';

/** Tells whose address a request has. Only the addresses and ranges (`10.0.0.0/8`) given here are proxies. */
export type ClientAddress = (connection: string | undefined, forwardedFor: string | undefined) => string;

/**
 * The client is the connection's other end, unless that is a trusted proxy: then X-Forwarded-For is walked from its end, past
 * further trusted proxies. What stands before the first address that is not trusted may be invented, and is not looked at.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = listOf(trustedProxies);
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return (connection, forwardedFor) => {
    let client = plain(connection);
    const hops = (forwardedFor ?? '').split(',').map(plain);
    while (isTrusted(client)) {
      const hop = hops.pop();
      if (hop === undefined || isIP(hop) === 0) break;
      client = hop;
    }
    return client;
  };
}

export function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

/** The key that limits count by: an IPv6 client owns a whole /64. */
export function limitKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  const groups = tail === undefined ? left : [...left, ...zeros, ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

function listOf(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (isIP(address) === 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) {
      throw new VigieError('config', `read trusted proxy ${JSON.stringify(entry)}: an IP address or range is allowed`);
    }
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** An address without brackets, zone and the IPv4-in-IPv6 form. */
function plain(address: string | undefined): string {
  const text = (address ?? '')
    .trim()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  return mapped?.[1] ?? (text === '' ? 'unknown' : text);
}
