import { parseConfig } from '@vigie/shared/kit/yaml-config';
import { parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { agentConfigIn } from '../config.ts';
import { type NetworkSettings, networkSettings } from './network-settings.ts';
import { textOfSecret } from './secrets.ts';

/** Where the agent's own files lie on a device: its configuration and what belongs to it; what it keeps. */
export const CONFIG_FOLDER = '/etc/vigie';
export const DATA_FOLDER = '/var/lib/vigie-agent';

/** What `vigie.yaml` says, its secrets included. */
export type DeviceSettings = {
  device: string;
  network: NetworkSettings;
  ssh: { keys: string[] };
  /** Absent too where it was used and wiped. */
  token: string | undefined;
  /** Texts by name: those that are wiped from the file, and those that are not. */
  secrets: Record<string, string>;
  files: Record<string, string>;
  /** The agent's configuration as it is written to its YAML file. */
  agent: Record<string, unknown>;
};

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a name of a-z, 0-9 and - is allowed');
const texts = z.record(name, z.string().min(1).max(65_536)).default({});
const ownKeys = {
  network: networkSettings.prefault({}),
  ssh: z
    .strictObject({
      keys: z
        .array(
          z
            .string()
            .regex(
              /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9-]+@openssh\.com) [A-Za-z0-9+/=]+( [^\n]*)?$/,
              'a public key on one line is allowed, as a file that ends in .pub holds it',
            ),
        )
        .min(1)
        .max(32),
    })
    .optional(),
  enrolment: z
    .strictObject({
      token: z.string().regex(/^\S{1,8192}$/, 'the token as the hub has shown it is allowed, without spaces'),
    })
    .optional(),
  secrets: texts,
  files: texts,
};

/** Keys of the agent's configuration that name one of the texts. */
const FILE_KEYS = new Set(['passwordFile', 'identityFile', 'knownHosts', 'caFile']);

/**
 * Reads the text of `vigie.yaml`. `kept` are the secrets that this device has, by their path in the file: a value of underscores stands for
 * one of them.
 *
 * @throws ConfigError with one line a fault, `vigie.yaml:LINE: KEY: what is wrong and what is allowed`
 */
export function readDeviceSettings(text: string, kept: Readonly<Record<string, string>>): DeviceSettings {
  return parseConfig('vigie.yaml', text, schemaFor(text, kept));
}

function schemaFor(text: string, kept: Readonly<Record<string, string>>) {
  return z.looseObject(ownKeys).transform((whole, context): DeviceSettings => {
    const { network, ssh, enrolment, secrets, files, ...agent } = whole;
    const fault = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
    // What another place of the file names could not be wiped where it stands.
    visit(parseDocument(text), {
      Alias: () => {
        fault([], '"&" and "*" (anchors) are not allowed in this file; write the value where it belongs');
        return visit.BREAK;
      },
    });
    if ('dataFolder' in agent) fault(['dataFolder'], 'it is fixed on a device; leave it out');

    const full = { ...agent, dataFolder: DATA_FOLDER };
    const checked = agentConfigIn(CONFIG_FOLDER).safeParse(full);
    for (const issue of checked.error?.issues ?? []) context.issues.push({ ...issue, input: full } as never);
    for (const { path, value } of filesNamedIn(agent)) {
      const [folder, called = ''] = value.split('/');
      const known = folder === 'secrets' ? secrets : folder === 'files' ? files : undefined;
      if (known && !Object.hasOwn(known, called)) {
        fault(path, `"${folder}" below has no "${called}"; write its text there`);
      }
    }
    const secret = (path: string[], value: string): string => {
      const found = textOfSecret(path, value, kept);
      if (found === undefined)
        fault(path, 'it was wiped when it was used, and this device does not have it; write it again');
      return found ?? value;
    };
    const passphrase = network.wifi?.passphrase;
    if (network.wifi && passphrase !== undefined) {
      network.wifi.passphrase = secret(['network', 'wifi', 'passphrase'], passphrase);
    }
    // A token is good for once: one that was wiped was used.
    const token = enrolment && textOfSecret(['enrolment', 'token'], enrolment.token, {});
    const texts = Object.entries(secrets).map(([key, value]) => [key, secret(['secrets', key], value)] as const);
    const { device } = full as { device?: unknown };
    return {
      device: String(device),
      network,
      ssh: ssh ?? { keys: [] },
      token,
      secrets: Object.fromEntries(texts),
      files,
      agent: full,
    };
  });
}

function filesNamedIn(value: unknown, path: PropertyKey[] = []): { path: PropertyKey[]; value: string }[] {
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    return FILE_KEYS.has(key) && typeof item === 'string' ? [{ path: at, value: item }] : filesNamedIn(item, at);
  });
}
