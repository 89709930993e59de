import { pbkdf2Sync } from 'node:crypto';
import {
  downwardFilters,
  HUB_STATUS,
  hubTopic,
  ROOT,
  topicOf,
  UPWARD,
  upwardFilters,
} from '@vigie/shared/protocol/topics';

/**
 * Who may what on Mosquitto, as its dynamic-security plugin has it: roles made of rules, clients that have roles. What no rule allows is
 * refused. Source of the format: mosquitto.org/documentation/dynamic-security.
 */
export type Rule = { acltype: RuleType; topic: string; priority: number; allow: boolean };
type RuleType = 'publishClientSend' | 'publishClientReceive' | 'subscribePattern';
export type Role = { rolename: string; acls: Rule[] };
export type BrokerClient = { username: string; roles: { rolename: string }[] };

/** No device's name has a dot: what a certificate says can be neither the hub nor an operator. */
export const HUB_USER = 'vigie.hub';
export const OPERATOR_ROLE = 'vigie.operator';
export const operatorUser = (name: string): string => `operator.${name}`;
const DEVICE_ROLE = 'device.';
export const deviceRoleName = (device: string): string => `${DEVICE_ROLE}${device}`;

/** Where the plugin takes orders, and where it answers. */
export const CONTROL_TOPIC = '$CONTROL/dynamic-security/v1';
export const CONTROL_RESPONSES = `${CONTROL_TOPIC}/response`;

const allow = (acltype: RuleType, topics: string[]): Rule[] =>
  topics.map((topic) => ({ acltype, topic, priority: 0, allow: true }));

const hears = (topics: string[]): Rule[] => [
  ...allow('subscribePattern', topics),
  ...allow('publishClientReceive', topics),
];

/** One device speaks on its own topics and hears what is meant for it, whatever its site is called. */
export function deviceRole(device: string): Role {
  const address = { site: '+', device };
  const says = UPWARD.map((family) => topicOf(address, family, '+'));
  return {
    rolename: deviceRoleName(device),
    acls: [...allow('publishClientSend', says), ...hears(downwardFilters(address))],
  };
}

/** Operators read everything and give commands, to devices and to the hub. */
export const operatorRole: Role = {
  rolename: OPERATOR_ROLE,
  acls: [
    ...allow('publishClientSend', [topicOf({ site: '+', device: '+' }, 'command', '+'), hubTopic('command', '+')]),
    ...hears([`${ROOT}#`]),
  ],
};

/** The hub says what devices hear, hears what they say, and keeps the clients of the broker. */
export const hubRole: Role = {
  rolename: HUB_USER,
  acls: [
    ...allow('publishClientSend', [
      ...new Set([HUB_STATUS, ...downwardFilters({ site: '+', device: '+' }), hubTopic('reply', '+'), CONTROL_TOPIC]),
    ]),
    ...hears([...upwardFilters(), hubTopic('command', '+'), CONTROL_RESPONSES]),
  ],
};

/** What the plugin's file has before there is any device. `salt`: 12 random bytes. */
export function firstRules(password: string, salt: Uint8Array): string {
  const iterations = 20_000;
  const hash = pbkdf2Sync(password, salt, iterations, 64, 'sha512').toString('base64');
  const hub = {
    username: HUB_USER,
    textName: 'the hub',
    roles: [{ rolename: HUB_USER }],
    password: hash,
    salt: Buffer.from(salt).toString('base64'),
    iterations,
  };
  const rules = {
    defaultACLAccess: { publishClientSend: false, publishClientReceive: false, subscribe: false, unsubscribe: true },
    clients: [hub],
    groups: [],
    roles: [hubRole, operatorRole],
  };
  return `${JSON.stringify(rules, undefined, 2)}\n`;
}

/** Of the broker's clients the devices that should not be there any more. */
export const strangers = (clients: readonly string[], devices: readonly string[]): string[] =>
  clients.filter((name) => !name.includes('.') && !devices.includes(name));

/** Has the role these very rules? Their order says nothing. */
export function sameRules(role: Role, acls: readonly Rule[]): boolean {
  const text = (rules: readonly Rule[]) =>
    rules.map(({ acltype, topic, allow }) => `${acltype} ${topic} ${allow}`).sort();
  const [wanted, found] = [text(role.acls), text(acls)];
  return wanted.length === found.length && wanted.every((line, at) => line === found[at]);
}
