import {
  downwardFilters,
  HUB_STATUS,
  hubTopic,
  parseHubCommand,
  parseTopic,
  RETAINED,
  ROOT,
  UPWARD,
} from '@vigie/shared/protocol/topics';
import type { Account } from './accounts.ts';

/**
 * The access control list of the embedded broker, as pure rules: a device speaks for itself alone and hears what is
 * meant for it; operators read everything and give commands; the hub does both. Nothing else goes through the broker.
 */

/** Why this account may not publish so, or undefined when it may. */
export function publishFault(account: Account, topic: string, retain: boolean, qos: number): string | undefined {
  if (qos > 1) return 'QoS 0 and 1 are allowed';
  const parsed = parseTopic(topic);
  if (parseHubCommand(topic) !== undefined) {
    if (retain) return 'a command is not retained';
    return account.role === 'device' ? 'the hub takes commands from operators, not from devices' : undefined;
  }
  const own = account.role === 'hub' && (topic === HUB_STATUS || isHubReply(topic));
  if (own && retain && topic !== HUB_STATUS) return 'a reply is not retained';
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

/** Is this where the hub answers an operator? */
const isHubReply = (topic: string): boolean => {
  const name = topic.slice(hubTopic('reply', '').length);
  return topic === hubTopic('reply', name) && parseHubCommand(hubTopic('command', name)) !== undefined;
};

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
