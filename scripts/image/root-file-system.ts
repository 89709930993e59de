import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '@vigie/shared/kit/errors';
import { command, shell } from './command.ts';
import { ARCHITECTURE, type Mirrors, namesIn, SUITE, sources } from './debian.ts';

/** What the scripts of Debian's packages call while they are installed: programs of this machine's kind. */
const BUILDER_PACKAGES = [
  'mmdebstrap',
  ...['adduser', 'ca-certificates', 'dbus', 'e2fsprogs', 'iproute2', 'kmod', 'login', 'netbase', 'openssh-server'],
  ...['openssl', 'passwd', 'systemd-resolved', 'systemd-sysv', 'systemd-timesyncd', 'tzdata', 'ucf', 'udev'],
  ...['fontconfig-config', 'wpasupplicant'],
];
/** Some of those scripts ignore the folder that they are given: what they wrote into the builder belongs into the device. */
const WRITTEN_INTO_BUILDER = ['etc/ssl', 'etc/ca-certificates.conf', 'etc/dbus-1', 'etc/fonts/conf.d', 'etc/ssh'];
const LEFT_OUT = ['/usr/share/man/*', '/usr/share/locale/*', '/usr/share/doc/*', '/usr/share/info/*'];

/**
 * Makes the root file system of the device, as a tar archive, from Debian's packages for arm64. None of their programs is run: the scripts
 * of the packages run as programs of this machine, in a Debian of its own below `cache` (the builder), never on the machine itself.
 *
 * @returns the archive; it is made again when the list of packages has changed, or `fresh` asks for it
 */
export async function rootFileSystem(given: {
  cache: string;
  packages: string;
  mirrors: Mirrors;
  fresh: boolean;
  say: (text: string) => void;
}): Promise<{ archive: string; builder: string }> {
  const { cache, mirrors, fresh, say } = given;
  const builder = join(cache, 'builder');
  const archive = join(cache, 'root.tar');
  const packages = namesIn(await readFile(given.packages, 'utf8'));
  const recipe = JSON.stringify([packages, mirrors, WRITTEN_INTO_BUILDER, LEFT_OUT]);
  if (!fresh && (await textOf(join(cache, 'root.recipe'))) === recipe && (await textOf(join(builder, '.complete')))) {
    const { mtime } = await stat(archive);
    say(`the root file system of ${mtime.toISOString().slice(0, 16)} is taken; --fresh makes it of today's packages`);
    return { archive, builder };
  }
  await rm(join(cache, 'root.recipe'), { force: true });
  await makeBuilder(builder, mirrors, fresh, say);
  say(`the root file system is made of ${packages.length} packages and what they depend on`);
  await shell('rm -rf "$1/tree" "$1/tree.tar"', [builder]);
  // How this machine asks for names.
  await shell('for f in resolv.conf hosts; do cp --remove-destination -L "/etc/$f" "$1/etc/$f"; done', [builder]);
  const settings = [
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=APT::Install-Recommends "false"',
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
  ];
  const install = [
    ...['mmdebstrap', '--quiet', '--skip=check/chrootless', '--mode=chrootless', `--architectures=${ARCHITECTURE}`],
    ...[
      '--variant=custom',
      `--include=${packages.join(',')}`,
      ...settings,
      SUITE,
      '/tree.tar',
      ...sources(mirrors, 'main'),
    ],
  ];
  await inBuilder(builder, install);
  const parts = ['--exclude=ssh_host_*', '--transform=s#^#./#', ...WRITTEN_INTO_BUILDER];
  await command('tar', ['-C', builder, '-rf', join(builder, 'tree.tar'), ...parts]);
  await rename(join(builder, 'tree.tar'), archive);
  await writeFile(join(cache, 'root.recipe'), recipe);
  return { archive, builder };
}

async function makeBuilder(
  builder: string,
  mirrors: Mirrors,
  fresh: boolean,
  say: (text: string) => void,
): Promise<void> {
  if (!fresh && (await textOf(join(builder, '.complete'))) === BUILDER_PACKAGES.join()) return;
  say("the builder is made: a Debian of this machine's kind, in which packages are installed for the device");
  await shell('rm -rf "$1"', [builder]);
  const quiet = ['--quiet', '--aptopt=APT::Install-Recommends "false"', '--aptopt=Acquire::Languages "none"'];
  const include = `--include=${BUILDER_PACKAGES.join(',')}`;
  await command('mmdebstrap', ['--variant=apt', include, ...quiet, SUITE, builder, ...sources(mirrors, 'main')]);
  await writeFile(join(builder, '.complete'), BUILDER_PACKAGES.join());
}

/** Runs a program of the builder, with processes of its own: it does not see this machine's. */
export async function inBuilder(builder: string, args: string[]): Promise<void> {
  const clean = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/', 'LC_ALL=C'];
  await command('unshare', ['-mpf', `--mount-proc=${join(builder, 'proc')}`, 'chroot', builder, ...clean, ...args]);
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
