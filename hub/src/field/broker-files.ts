import { firstRules } from './broker-rules.ts';
import type { Installation } from './installation.ts';
import { ACCOUNTS, type Accounts, type Places } from './places.ts';
import { rootPart } from './root-part.ts';

export type BrokerSettings = {
  at: Places;
  accounts?: Accounts;
  /** Where devices come in; `address` empty: every address of the machine. */
  listen: { address: string; port: number };
  /** Where the hub and operators come in, on this machine alone. */
  localPort: number;
  /** As Debian names it: `x86_64-linux-gnu`. */
  architecture: string;
  authority: string;
  revoked: string;
  server: { key: string; certificate: string };
  hubPassword: string;
  salt: Uint8Array;
};

/** Everything that Debian's Mosquitto needs to be the broker of a fleet. */
export function brokerInstallation(settings: BrokerSettings): Installation {
  const { at, accounts = ACCOUNTS, authority, revoked, server } = settings;
  const root = rootPart(at, accounts);
  const read = { owner: accounts.hub, group: accounts.broker, mode: '0640' };
  return {
    before: root.before,
    folders: [
      ...root.folders,
      // What the hub writes there takes the broker's group by itself.
      { path: at.broker, owner: accounts.hub, group: accounts.broker, mode: '2750' },
      ...['/etc/vigie', '/etc/mosquitto/conf.d'].map((path) => ({
        path: at.mosquittoConf.replace('/etc/mosquitto/conf.d/vigie.conf', path),
        owner: 'root',
        group: 'root',
        mode: '0755',
      })),
      { path: folderOf(at.brokerRules), owner: accounts.broker, group: accounts.broker, mode: '0750' },
    ],
    files: [
      ...root.files,
      { path: at.authority, text: authority, ...read },
      // The hub keeps it from then on.
      { path: at.revoked, text: revoked, ...read, keep: true },
      { path: at.brokerIdentity, text: `${server.key}${server.certificate}`, ...read },
      { path: at.mosquittoConf, text: mosquittoConf(settings), owner: 'root', group: 'root', mode: '0644' },
      // These two belong together: each has the other's secret.
      {
        path: at.brokerRules,
        text: firstRules(settings.hubPassword, settings.salt),
        ...{ owner: accounts.broker, group: accounts.broker, mode: '0600', keep: true },
      },
      {
        path: at.brokerPassword,
        text: `${settings.hubPassword}\n`,
        ...{ owner: 'root', group: accounts.hub, mode: '0640', keep: true },
      },
    ],
    after: root.after,
  };
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

/** The lines that start what was installed; they are for a machine with systemd. */
export const START_BROKER = [
  'systemctl daemon-reload',
  'systemctl enable --now vigie-field.path',
  'systemctl enable mosquitto.service',
  'systemctl restart mosquitto.service',
];

function mosquittoConf({ at, listen, localPort, architecture }: BrokerSettings): string {
  return `# Mosquitto for Vigie; written by vigie-hub broker-config. See docs/broker.md.
per_listener_settings false
allow_anonymous false

# Who may what. The hub tells it over MQTT, and it holds at once, also for those who are connected.
plugin /usr/lib/${architecture}/mosquitto_dynamic_security.so
plugin_opt_config_file ${at.brokerRules}

max_packet_size 262144
max_queued_messages 1000
max_queued_bytes 16777216
persistent_client_expiration 14d
persistence true
autosave_interval 1
autosave_on_changes true

# The hub and operators, by password, on this machine alone.
listener ${localPort} 127.0.0.1

# Devices, by certificate. Their names on the broker are those in their certificates.
listener ${listen.port}${listen.address === '' ? '' : ` ${listen.address}`}
cafile ${at.authority}
crlfile ${at.revoked}
certfile ${at.brokerIdentity}
keyfile ${at.brokerIdentity}
require_certificate true
use_identity_as_username true
use_username_as_clientid true
tls_version tlsv1.2
`;
}
