// Debian packages: which are needed, which are missing, and their installation.
//
// As a program, for root:   node scripts/set-up/debian.mjs PACKAGE…
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { run, SetUpError } from './step.mjs';

/** What the programs need: a compiler for the camera and GPIO add-ons, and the SFTP server of `npm start`. */
const RUN = [
  'ca-certificates',
  'g++',
  'gcc',
  'libc6-dev',
  'libgphoto2-dev',
  'make',
  'openssh-client',
  'openssh-server',
  'pkg-config',
  'python3',
  'util-linux',
];

/** What the tests need besides: brokers, peers to compare with, a browser, the parts of the virtual camera and of the GPIO guest. */
const TEST = [
  'chromium',
  'cpio',
  'dpkg-dev',
  'e2fsprogs',
  'ffmpeg',
  'fonts-dejavu-core',
  'g++-aarch64-linux-gnu',
  'gir1.2-gst-rtsp-server-1.0',
  'gphoto2',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'ipxe-qemu',
  'kmod',
  'inotify-tools',
  'libexif-dev',
  'lighttpd',
  'mosquitto',
  'mosquitto-clients',
  'procps',
  'proftpd-core',
  'proftpd-mod-crypto',
  'python3-gi',
  'python3-pyftpdlib',
  'qemu-system-arm',
  'rclone',
  'strace',
  'time',
  'xfsprogs',
  'xz-utils',
];

/** What executables and packages of both architectures are made with, besides. */
const PACKAGE = ['binutils-aarch64-linux-gnu', 'dpkg', 'g++-aarch64-linux-gnu', 'mmdebstrap'];
/** What the image of a device is made with, besides. */
const IMAGE = [
  'cpio',
  'debian-archive-keyring',
  'dosfstools',
  'e2fsprogs',
  'fdisk',
  'kmod',
  'mmdebstrap',
  'mtools',
  'qemu-system-arm',
  'xz-utils',
  'zstd',
];

/** Debian's packages that would start a server of their own: it is kept from starting, now and at the next boot. */
const SERVICES = { 'openssh-server': 'ssh', lighttpd: 'lighttpd', mosquitto: 'mosquitto', 'proftpd-core': 'proftpd' };

/** @param {'run' | 'test' | 'package' | 'image'} purpose */
export function installDebianPackages(purpose) {
  const further = { run: [], test: TEST, package: PACKAGE, image: IMAGE }[purpose] ?? [];
  const missing = missingOf([...RUN, ...further]);
  if (missing.length === 0) return;
  const root = process.getuid() === 0;
  const sudo = !root && spawnSync('sudo', ['-n', 'true']).status === 0;
  const { command, args } = installer(missing, { root, sudo });
  run(`install Debian packages ${missing.join(' ')}`, command, args);
}

/** How the packages can be installed here; who may not is told the one line to run. */
export function installer(missing, { root, sudo }) {
  const line = [process.execPath, fileURLToPath(import.meta.url), ...missing];
  if (root) return { command: line[0], args: line.slice(1) };
  if (sudo) return { command: 'sudo', args: ['-n', ...line] };
  throw new SetUpError(
    [
      'set up: Debian packages are missing, and only root may install them. Run this line, then the same command again:',
      `  sudo ${line.join(' ')}`,
      'It is "apt-get install --no-install-recommends" of these packages, without starting their servers.',
    ].join('\n'),
  );
}

/** Of these packages the ones that are not installed: one question to dpkg, 20 ms. */
function missingOf(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholders.
  const format = '${Package} ${db:Status-Status}\n';
  const answer = spawnSync('dpkg-query', ['-W', '-f', format, ...names], { encoding: 'utf8' });
  if (answer.error) {
    throw new SetUpError(
      `ask dpkg for packages: ${answer.error.message}; Debian 12 or a system made from it is needed`,
    );
  }
  const installed = new Set(
    answer.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/**
 * As root: apt, with the servers kept from starting. `policy` is asked by Debian's own scripts before they start one; where
 * an administrator keeps one, that one rules.
 */
export function installAsRoot(names, { policy = '/usr/sbin/policy-rc.d', env = process.env } = {}) {
  const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  const ours = !existsSync(policy);
  const refusal = '#!/bin/sh\n# Servers are not started while Vigie is being set up.\nexit 101\n';
  if (ours) writeFileSync(policy, refusal, { mode: 0o755 });
  const install = ['-o', 'DPkg::Lock::Timeout=120', 'install', '-q', '-y', '--no-install-recommends'];
  try {
    run('read the list of Debian packages', 'apt-get', ['update', '-q'], quiet);
    run('install', 'apt-get', [...install, ...names], quiet);
  } finally {
    if (ours) rmSync(policy);
  }
  for (const name of names) {
    const service = SERVICES[name];
    if (service) run(`keep ${service} from starting at boot`, 'update-rc.d', [service, 'disable'], quiet);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    installAsRoot(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 3;
  }
}
