import { type Installation, quoted } from './installation.ts';
import { ACCOUNTS, type Accounts, DEVICES_GROUP, type Places } from './places.ts';
import { rootPart } from './root-part.ts';

export type LandingSettings = {
  at: Places;
  accounts?: Accounts;
  /** `address` empty: every address of the machine. */
  listen: { address: string; port: number };
  /** Under which name devices reach it. */
  name: string;
};

/** SFTP requests that delivery does without, and that could do away with what has arrived. */
const REFUSED = [
  'posix-rename',
  'remove',
  'rmdir',
  'symlink',
  'hardlink',
  'setstat',
  'lsetstat',
  'copy-data',
  'expand-path',
];

/** An SSH server of its own for devices: a mistake in it locks nobody out of the machine, and devices reach no other one. */
export function landingInstallation(settings: LandingSettings): Installation {
  const { at, accounts = ACCOUNTS, listen, name } = settings;
  const root = rootPart(at, accounts);
  const keys = [at.landing, ...['host', 'next-host'].map((key) => `${at.landing}/${key}`)];
  const known = quoted(`[${name}]:${listen.port}`);
  return {
    before: root.before,
    folders: [
      ...root.folders,
      { path: at.keys, owner: accounts.hub, group: accounts.hub, mode: '0700' },
      { path: at.landing, owner: 'root', group: 'root', mode: '0755' },
      { path: `${at.landing}/sshd_config.d`, owner: 'root', group: 'root', mode: '0755' },
      { path: at.pictures, owner: 'root', group: 'root', mode: '0755' },
    ],
    files: [
      ...root.files,
      { path: at.keepScript, text: keepScript(at, accounts), owner: 'root', group: 'root', mode: '0755' },
      { path: at.sshdConfig, text: sshdConfig(settings, accounts), owner: 'root', group: 'root', mode: '0644' },
      ...Object.entries({ 'vigie-landing.service': unit(at), ...keepUnits(at) }).map(([name, text]) => ({
        path: `${at.units}/${name}`,
        ...{ text, owner: 'root', group: 'root', mode: '0644' },
      })),
    ],
    after: [
      ...root.after,
      // The second key is the next one: devices know it before it is needed.
      ...keys
        .slice(1)
        .map((key) => `test -e ${quoted(key)} || ssh-keygen -q -t ed25519 -N '' -C vigie-landing -f ${quoted(key)}`),
      `{ ${keys
        .slice(1)
        .map((key) => `printf '%s %s\\n' ${known} "$(cut -d ' ' -f 1,2 ${quoted(`${key}.pub`)})"`)
        .join('; ')}; } > ${quoted(at.landingKnownHosts)}`,
      `chmod 0644 ${quoted(at.landingKnownHosts)}`,
      'install -d -m 0755 /run/sshd',
      // From 9.8 on OpenSSH shuts out an address for the failures of one: a whole site behind one router for one revoked device.
      `if /usr/sbin/sshd -t -o PerSourcePenalties=no -f ${quoted(at.sshdConfig)} 2>/dev/null; then echo 'PerSourcePenalties no' > ${quoted(`${at.landing}/sshd_config.d/penalties.conf`)}; fi`,
      `/usr/sbin/sshd -t -f ${quoted(at.sshdConfig)}`,
    ],
  };
}

/** The lines that start what was installed; they are for a machine with systemd. */
export const START_LANDING = [
  'systemctl daemon-reload',
  'systemctl enable --now vigie-field.path',
  'systemctl enable --now vigie-landing-keep.timer',
  'systemctl enable vigie-landing.service',
  'systemctl restart vigie-landing.service',
];

function sshdConfig({ at, listen }: LandingSettings, accounts: Accounts): string {
  return `# An SSH server for Vigie's devices alone; written by vigie-hub landing-config. See docs/landing.md.
Include ${at.landing}/sshd_config.d/*.conf
Port ${listen.port}
${listen.address === '' ? '' : `ListenAddress ${listen.address}\n`}HostKey ${at.landing}/host
PidFile none
SyslogFacility AUTHPRIV
LogLevel VERBOSE
UseDNS no

AllowGroups ${DEVICES_GROUP}
PermitRootLogin no
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
# The hub keeps one file for each device: without it nobody comes in, and the next session needs it already.
AuthorizedKeysFile none
AuthorizedKeysCommand /usr/bin/cat ${at.keys}/%u
AuthorizedKeysCommandUser ${accounts.hub}
LoginGraceTime 30
MaxAuthTries 3
# A fleet that returns after an outage comes all at once.
MaxStartups 100:30:300
MaxSessions 10
ClientAliveInterval 60
ClientAliveCountMax 3

DisableForwarding yes
PermitTTY no
PermitTunnel no
PermitUserRC no
Subsystem sftp internal-sftp
ChrootDirectory ${at.pictures}/%u
ForceCommand internal-sftp -u 0027 -P ${REFUSED.join(',')}
`;
}

const unit = (at: Places) => `[Unit]
Description=SFTP landing server for Vigie's devices
After=network.target
StartLimitIntervalSec=0
[Service]
ExecStartPre=/usr/sbin/sshd -t -f ${at.sshdConfig}
ExecStart=/usr/sbin/sshd -D -f ${at.sshdConfig}
ExecReload=/bin/kill -HUP $MAINPID
RuntimeDirectory=sshd
RuntimeDirectoryMode=0755
RuntimeDirectoryPreserve=yes
Restart=always
RestartSec=2
[Install]
WantedBy=multi-user.target
`;

/**
 * OpenSSH cannot refuse that a file which is there is opened to be written. So what has its final name becomes root's, which the device may
 * read and give another name, and no more. Devices remove nothing, not even their own unfinished files: what no attempt has gone on with for
 * a week goes.
 */
const keepScript = (at: Places, accounts: Accounts) => `#!/bin/sh
# Takes over what Vigie's devices have delivered, and removes what they have left unfinished.
set -u
after=\${VIGIE_KEEP_AFTER_MIN:-1}
cd ${quoted(at.pictures)} || exit 1
find . -xdev -mindepth 3 -type f ! -user root ! -name '*.part' -cmin "+$after" -exec chmod 0644 {} + -exec chown -h root:${accounts.hub} {} +
find . -xdev -mindepth 3 -type f -name '*.part' -mtime +7 -delete
`;

const keepUnits = (at: Places) => ({
  'vigie-landing-keep.service': `[Unit]
Description=Take over what Vigie's devices have delivered
[Service]
Type=oneshot
ExecStart=${at.keepScript}
Nice=19
IOSchedulingClass=idle
ProtectHome=yes
PrivateTmp=yes
PrivateNetwork=yes
`,
  'vigie-landing-keep.timer': `[Unit]
Description=Take over what Vigie's devices have delivered
[Timer]
OnCalendar=*:0/10
Persistent=yes
[Install]
WantedBy=timers.target
`,
});
