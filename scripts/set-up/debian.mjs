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

/** What the tests need besides: brokers, peers to compare with, a browser, and the parts of the virtual camera. */
const TEST = [
  'chromium',
  'dpkg-dev',
  'fonts-dejavu-core',
  'gphoto2',
  'libexif-dev',
  'mosquitto',
  'mosquitto-clients',
  'rclone',
  'strace',
];

/** Debian's packages that would start a server of their own: it is kept from starting, now and at the next boot. */
const SERVICES = { 'openssh-server': 'ssh', mosquitto: 'mosquitto' };

/** @param {'run' | 'test'} purpose */
export function installDebianPackages(purpose) {
  const missing = missingOf(purpose === 'test' ? [...RUN, ...TEST] : RUN);
  if (missing.length === 0) return;
  const program = fileURLToPath(import.meta.url);
  const what = `install Debian packages ${missing.join(' ')}`;
  if (process.getuid() === 0) run(what, process.execPath, [program, ...missing]);
  else if (spawnSync('sudo', ['-n', 'true']).status === 0) {
    run(what, 'sudo', ['-n', process.execPath, program, ...missing]);
  } else {
    throw new SetUpError(
      [
        `set up: Debian packages are missing, and only root may install them. Run this line, then the same command again:`,
        `  sudo ${process.execPath} ${program} ${missing.join(' ')}`,
        `It is "apt-get install --no-install-recommends" of these packages, without starting their servers.`,
      ].join('\n'),
    );
  }
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

/** As root. Policy, then apt, then the switch that decides about the next boot. */
function installAsRoot(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Asked by Debian's own scripts before they start a server; where an administrator keeps one, that one rules.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours)
    writeFileSync(policy, '#!/bin/sh\n# Servers are not started while Vigie is being set up.\nexit 101\n', {
      mode: 0o755,
    });
  try {
    run('read the list of Debian packages', 'apt-get', ['update', '-q'], env);
    run(
      'install',
      'apt-get',
      ['-o', 'DPkg::Lock::Timeout=120', 'install', '-q', '-y', '--no-install-recommends', ...names],
      env,
    );
  } finally {
    if (ours) rmSync(policy);
  }
  for (const name of names) {
    const service = SERVICES[name];
    if (service) run(`keep ${service} from starting at boot`, 'update-rc.d', [service, 'disable'], env);
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
