/** Where the field's servers have what the hub writes for them. `prefix` stands before every path: for a trial without an installation. */
export type Places = ReturnType<typeof places>;

export const FIELD_FOLDER = '/var/lib/vigie-field';

export function places(prefix = '') {
  const at = (path: string) => `${prefix}${path}`;
  const field = at(FIELD_FOLDER);
  return {
    /** What the hub changes while it runs: it belongs to the hub, and the servers read it there. */
    field,
    ...fieldPlaces(field),
    mosquittoConf: at('/etc/mosquitto/conf.d/vigie.conf'),
    brokerRules: at('/var/lib/mosquitto/vigie-rules.json'),
    brokerPassword: at('/etc/vigie/broker-password'),
    rootScript: at('/usr/local/lib/vigie/vigie-field'),
    keepScript: at('/usr/local/lib/vigie/vigie-landing-keep'),
    units: at('/etc/systemd/system'),
    landing: at('/etc/vigie/landing'),
    sshdConfig: at('/etc/vigie/landing/sshd_config'),
    /** One folder for each device: sshd locks its sessions into it. */
    pictures: at('/srv/vigie/in'),
  };
}

/** What lies in the field's folder. */
export const fieldPlaces = (field: string) => ({
  requests: `${field}/requests`,
  keys: `${field}/keys`,
  broker: `${field}/broker`,
  authority: `${field}/broker/authority.pem`,
  revoked: `${field}/broker/revoked.pem`,
  /** Key and certificates in one file, so that Mosquitto never sees a key beside another's certificate. */
  brokerIdentity: `${field}/broker/server.pem`,
  landingKnownHosts: `${field}/landing-known-hosts`,
});

/** Who the servers run as, and who their files belong to. */
export type Accounts = { hub: string; broker: string };
export const ACCOUNTS: Accounts = { hub: 'vigie-hub', broker: 'mosquitto' };
/** The group of all accounts of devices on the landing server: nobody else may sign in there. */
export const DEVICES_GROUP = 'vigie-devices';
