import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { command, shell } from './command.ts';
import type { Kernel } from './kernel.ts';
import { inBuilder } from './root-file-system.ts';

const UNITS = 'usr/lib/systemd/system';
/** Unit of Debian or ours → the target or unit that wants it. */
const WANTED: Record<string, string> = {
  'systemd-networkd.service': 'multi-user.target',
  'systemd-resolved.service': 'multi-user.target',
  'systemd-timesyncd.service': 'sysinit.target',
  'ssh.service': 'multi-user.target',
  'fstrim.timer': 'timers.target',
  'vigie-agent.service': 'multi-user.target',
  'vigie-agent-reboot.path': 'multi-user.target',
  'vigie-enrol.service': 'multi-user.target',
  'vigie-settings.service': 'sysinit.target',
};
/** What nobody needs on a device without screen and visitor, or what would wait for the network. */
const MASKED = [
  ...['getty.target', 'console-getty.service', 'serial-getty@.service', 'getty@.service', 'ssh.socket'],
  ...[
    'systemd-firstboot.service',
    'systemd-networkd-wait-online.service',
    'wpa_supplicant.service',
    'e2scrub_all.timer',
  ],
  ...['systemd-machine-id-commit.service', 'dpkg-db-backup.timer', 'e2scrub_reap.service', 'sshd-vsock.socket'],
];
const NETWORK_NAMES = '[Match]\nOriginalName=*\n\n[Link]\nNamePolicy=keep kernel\n';

/**
 * Puts the root file system of the device together in a folder: Debian, kernel modules and firmware, our files, the agent's package.
 * `builder` is where programs of this machine's kind may act on it.
 *
 * @param files the folder of files that are copied over it
 * @param agent the agent's Debian package for arm64
 */
export async function assembleTree(given: {
  archive: string;
  builder: string;
  kernel: Kernel;
  files: string;
  agent: string;
}): Promise<string> {
  const { archive, builder, kernel, files, agent } = given;
  const tree = join(builder, 'tree');
  await rm(tree, { recursive: true, force: true });
  await mkdir(tree);
  await command('tar', ['-xpf', archive, '-C', tree, '--numeric-owner']);
  await shell('cp -a --no-preserve=ownership "$1/usr/lib/." "$2/usr/lib/"', [kernel.root, tree]);
  await shell('dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner -C "$2"', [agent, tree]);
  await shell('cp -R --preserve=mode "$1/." "$2/"', [files, tree]);

  for (const path of ['data', 'boot/firmware', 'var/log/journal', 'var/lib/vigie-agent', 'var/lib/systemd/timesync'])
    await mkdir(join(tree, path), { recursive: true });
  await makeLink('/run/systemd/resolve/stub-resolv.conf', join(tree, 'etc/resolv.conf'));
  await makeLink('/usr/share/zoneinfo/UTC', join(tree, 'etc/localtime'));
  await writeFile(join(tree, 'etc/hostname'), 'vigie\n');
  await writeFile(join(tree, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  await writeFile(join(tree, 'etc/machine-id'), '');
  await mkdir(join(tree, 'etc/systemd/network'), { recursive: true });
  await writeFile(join(tree, 'etc/systemd/network/10-vigie-names.link'), NETWORK_NAMES);
  await shell(
    'rm -f "$1"/etc/ssh/ssh_host_*; test -e "$1/etc/ssh/sshd_config" || cp "$1/usr/share/openssh/sshd_config" "$1/etc/ssh/"',
    [tree],
  );
  await enable(tree);

  // Accounts of Debian's packages and ours; the scripts of a package that run from outside do not make all of them.
  await inBuilder(builder, ['systemd-sysusers', '--root=/tree']);
  await inBuilder(builder, ['sh', '-c', 'grep -q ^_ssh: /tree/etc/group || groupadd --root /tree --system _ssh']);
  // What systemd would bring up to date at each start, since nothing that it writes is kept.
  await inBuilder(builder, ['systemd-hwdb', '--root=/tree', 'update', '--usr']);
  await shell('touch "$1/etc/.updated" "$1/var/.updated"', [tree]);
  await shell('chmod 0755 "$1" "$1/etc" "$1/usr" "$1/usr/lib" "$1/var" "$1/var/lib"', [tree]);
  return tree;
}

async function enable(tree: string): Promise<void> {
  const own = join(tree, 'etc/systemd/system');
  const units = await command('sh', ['-c', 'ls "$1" "$2"', 'ls', join(tree, UNITS), own]);
  const there = new Set(units.split('\n'));
  for (const [unit, wantedBy] of Object.entries(WANTED)) {
    if (!there.has(unit)) continue;
    const file =
      unit.startsWith('vigie-') && (await isIn(own, unit)) ? `/etc/systemd/system/${unit}` : `/${UNITS}/${unit}`;
    await makeLink(file, join(own, `${wantedBy}.wants`, unit));
  }
  for (const unit of MASKED) await makeLink('/dev/null', join(own, unit));
}

async function isIn(folder: string, name: string): Promise<boolean> {
  return (await command('sh', ['-c', 'test -e "$1/$2" && echo yes || true', 'test', folder, name])).trim() === 'yes';
}

async function makeLink(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true, recursive: true });
  await symlink(target, path);
}
