import type { ProgramName } from '../target.ts';

const TEXTS: Record<ProgramName, { short: string; long: string; recommends: string[]; suggests: string[] }> = {
  agent: {
    short: 'takes, keeps and delivers pictures beside a camera',
    long: 'The program of Vigie that runs on each device: it takes pictures by schedule, keeps them\n on disk, delivers them over SFTP with proof, and tells the hub what it holds.',
    recommends: ['systemd-timesyncd | time-daemon', 'ca-certificates'],
    suggests: ['ffmpeg', 'rpicam-apps-lite'],
  },
  hub: {
    short: 'watches a fleet of cameras and accounts for every picture',
    long: 'The central program of Vigie: it compares what devices took with what has arrived,\n has missing pictures sent again, and shows both on a dashboard.',
    recommends: ['mosquitto', 'ca-certificates'],
    suggests: ['openssh-server', 'caddy | nginx'],
  },
};

/** The file `control` of a package. Source: the Debian policy, chapter 5. */
export function controlFile(about: {
  program: ProgramName;
  version: string;
  arch: string;
  depends: string[];
  installedKb: number;
}): string {
  const { program, version, arch, depends, installedKb } = about;
  const { short, long, recommends, suggests } = TEXTS[program];
  return [
    `Package: vigie-${program}`,
    `Version: ${version}`,
    `Architecture: ${arch}`,
    'Maintainer: The Vigie founders <founders@vigie.invalid>',
    `Installed-Size: ${installedKb}`,
    `Depends: ${[...depends, 'init-system-helpers (>= 1.54)', 'systemd'].join(', ')}`,
    `Recommends: ${recommends.join(', ')}`,
    `Suggests: ${suggests.join(', ')}`,
    'Section: graphics',
    'Priority: optional',
    `Description: ${short}`,
    ` ${long}`,
    '',
  ].join('\n');
}

/**
 * What dpkg runs. Installing makes the user and the folders, and starts nothing; an update starts again what ran; nothing that was
 * taken or configured is ever removed: pictures and database stay when the package is purged.
 */
export function maintainerScripts(program: ProgramName): Record<'postinst' | 'prerm' | 'postrm', string> {
  const name = `vigie-${program}`;
  const begin = '#!/bin/sh\nset -e\n\n';
  return {
    postinst: `${begin}if [ "$1" = configure ]; then
  systemd-sysusers ${name}.conf
  systemd-tmpfiles --create ${name}.conf
  if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload
${program === 'agent' ? '    udevadm control --reload || true\n' : ''}    if [ -n "$2" ]; then deb-systemd-invoke try-restart ${name}.service; fi
  fi
fi
`,
    prerm: `${begin}if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop ${name}.service
fi
`,
    postrm: `${begin}if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload
fi
if [ "$1" = purge ]; then
  # What was unpacked of the executable; /var/lib/${name} is left alone.
  rm -rf /var/cache/${name}
fi
`,
  };
}
