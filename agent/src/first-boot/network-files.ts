import { pbkdf2Sync } from 'node:crypto';
import type { NetworkSettings } from './network-settings.ts';

type Fixed = { address?: string | undefined; gateway?: string | undefined; nameServers: string[] };
type Wifi = NonNullable<NetworkSettings['wifi']>;

/** A network file of systemd. The cable is preferred where both lead somewhere. Source: systemd.network(5). */
export function networkFile(names: string, metric: number, settings: Fixed): string {
  const { address, gateway, nameServers } = settings;
  const route = [`RouteMetric=${metric}`];
  const addresses =
    address === undefined
      ? ['[Network]', 'DHCP=yes', '', '[DHCPv4]', ...route, '', '[IPv6AcceptRA]', ...route]
      : [
          '[Network]',
          `Address=${address}`,
          ...nameServers.map((server) => `DNS=${server}`),
          ...(gateway === undefined ? [] : ['', '[Route]', `Gateway=${gateway}`, `Metric=${metric}`]),
        ];
  return `${['[Match]', `Name=${names}`, '', '[Link]', 'RequiredForOnline=no', '', ...addresses].join('\n')}\n`;
}

/**
 * The settings of wpa_supplicant: no text of a person stands in it as it was written, so nothing needs quotes. Instead of the passphrase the
 * key that is made of it is kept. Source: wpa_supplicant.conf(5); IEEE 802.11, annex J.4 (PBKDF2, 4096 rounds of SHA-1, 256 bits).
 */
export function wifiFile({ name, passphrase, country, hidden }: Wifi): string {
  const key =
    passphrase === undefined
      ? ['key_mgmt=NONE']
      : ['key_mgmt=WPA-PSK WPA-PSK-SHA256', `psk=${keyOf(passphrase, name)}`, 'ieee80211w=1'];
  const network = [`ssid=${Buffer.from(name).toString('hex')}`, ...(hidden ? ['scan_ssid=1'] : []), ...key];
  return `country=${country}\nupdate_config=0\n\nnetwork={\n${network.map((line) => `  ${line}\n`).join('')}}\n`;
}

const keyOf = (passphrase: string, name: string): string =>
  passphrase.length === 64 ? passphrase : pbkdf2Sync(passphrase, name, 4096, 32, 'sha1').toString('hex');
