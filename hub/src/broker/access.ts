import { downwardFilters, HUB_STATUS, parseTopic, RETAINED, ROOT, UPWARD } from '@vigie/shared/protocol/topics';
import type { Account } from './accounts.ts';

/**
 * The access control list of the embedded broker, as pure rules: a device speaks for itself alone and hears what is
 * meant for it; operators read everything and give commands; the hub does both. Nothing else goes through the broker.
 */

/** Why this account may not publish so, or undefined when it may. */
export function publishFault(account: Account, topic: string, retain: boolean, qos: number): string | undefined {
  if (qos > 1) return 'QoS 0 and 1 are allowed';
  const parsed = parseTopic(topic);
  const own = account.role === 'hub' && topic === HUB_STATUS;
  if (!parsed && !own) return 'it is no topic of the protocol';
  if (parsed && retain && !RETAINED.includes(parsed.family)) return `"${parsed.family}" is not a retained family`;
  if (account.role === 'hub') return undefined;
  if (account.role === 'operator') {
    return parsed?.family === 'command' ? undefined : 'an operator may publish commands alone';
  }
  if (parsed?.device !== account.name)
    return `it speaks for another device; "${account.name}" may speak for itself alone`;
  return UPWARD.includes(parsed.family) ? undefined : `"${parsed.family}" comes from the hub, not from a device`;
}

/** May this account be given a message of this topic? */
export function mayRead(account: Account, topic: string): boolean {
  if (!topic.startsWith(ROOT)) return false;
  if (account.role !== 'device' || topic === HUB_STATUS) return true;
  const parsed = parseTopic(topic);
  return parsed?.device === account.name && !UPWARD.includes(parsed.family);
}

/** May this account subscribe to this filter? Devices: what `downwardFilters` names, or a topic within it. */
export function maySubscribe(account: Account, filter: string): boolean {
  if (!filter.startsWith(ROOT)) return false;
  if (account.role !== 'device') return true;
  const site = filter.split('/')[2] ?? '';
  if (/[+#]/.test(site)) return false;
  return downwardFilters({ site, device: account.name }).includes(filter) || mayRead(account, filter);
}
