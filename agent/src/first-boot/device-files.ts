import { stringify } from 'yaml';
import { CONFIG_FOLDER, type DeviceSettings } from './device-settings.ts';
import { networkFile, wifiFile } from './network-files.ts';

/** A file of the device: its path without the first slash, its text, and who may read it. */
export type DeviceFile = { path: string; text: string; mode: 0o600 | 0o640 | 0o644 };

const COPIED = '# Made of vigie.yaml; what is changed here is gone after the next start.\n';

/** The files that these settings come to. What they leave out stays as the image has it. */
export function filesOf({ device, network, ssh, secrets, files, agent }: DeviceSettings): DeviceFile[] {
  const made: DeviceFile[] = [
    { path: 'etc/hostname', text: `${device}\n`, mode: 0o644 },
    { path: `${CONFIG_FOLDER.slice(1)}/agent.yaml`, text: COPIED + stringify(agent), mode: 0o640 },
  ];
  const add = (path: string, text: string, mode: DeviceFile['mode'] = 0o644) => made.push({ path, text, mode });
  const { ethernet, wifi, timeServers } = network;
  if (ethernet) add('etc/systemd/network/20-vigie-cable.network', COPIED + networkFile('eth* usb*', 100, ethernet));
  if (wifi) {
    add('etc/systemd/network/21-vigie-wifi.network', COPIED + networkFile('wlan*', 600, wifi));
    add('etc/wpa_supplicant/wpa_supplicant-wlan0.conf', COPIED + wifiFile(wifi), 0o600);
  }
  if (timeServers.length > 0) {
    add('etc/systemd/timesyncd.conf.d/vigie-servers.conf', `${COPIED}[Time]\nNTP=${timeServers.join(' ')}\n`);
  }
  if (ssh.keys.length > 0) add('etc/ssh/vigie-keys', `${ssh.keys.join('\n')}\n`, 0o600);
  for (const [name, text] of Object.entries(secrets))
    add(`${CONFIG_FOLDER.slice(1)}/secrets/${name}`, ended(text), 0o640);
  for (const [name, text] of Object.entries(files)) add(`${CONFIG_FOLDER.slice(1)}/files/${name}`, ended(text));
  return made;
}

/** The secrets that the device keeps, by their path in `vigie.yaml`: a file that says "as it was" gets them. */
export function secretsOf({ network, secrets }: DeviceSettings): Record<string, string> {
  const kept = Object.fromEntries(Object.entries(secrets).map(([name, text]) => [`secrets.${name}`, text]));
  const passphrase = network.wifi?.passphrase;
  return passphrase === undefined ? kept : { ...kept, 'network.wifi.passphrase': passphrase };
}

/** A private key without its last line's end is refused by some programs. */
const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
