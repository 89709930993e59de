import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './tools.ts';

/** Of Debian for arm64: what the guest's shell, its Node and the agent stand on, and the kernel. */
const PACKAGES = ['busybox-static', 'libstdc++6', 'libatomic1', 'util-linux'];
const KERNEL = 'linux-image-arm64';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Fetches arm64 packages into `folder`, from the mirrors that apt already uses. Lists, and an empty record of what is installed, stay
 * in the folder: the machine's own packages are left alone.
 */
export async function fetchDebianPackages(folder: string): Promise<void> {
  for (const name of ['lists/partial', 'cache', 'deb/partial']) await mkdir(join(folder, name), { recursive: true });
  const format = `deb [arch=arm64 signed-by=${KEYRING}] $(REPO_URI) $(RELEASE) $(COMPONENT)`;
  const targets = await run('apt-get', ['indextargets', 'Origin: Debian', 'Created-By: Packages', '--format', format]);
  const sources = [...new Set(targets.split('\n'))].filter((line) => line !== '').sort();
  if (sources.length === 0)
    throw new Error('build the GPIO guest: apt knows no Debian mirror; run "apt-get update" first');
  await writeFile(join(folder, 'sources.list'), `${sources.join('\n')}\n`);
  await writeFile(join(folder, 'status'), '');
  const settings = [
    'APT::Architecture=arm64',
    'APT::Architectures=arm64',
    'APT::Sandbox::User=root',
    `Dir::Etc::SourceList=${folder}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${folder}/lists`,
    `Dir::State::status=${folder}/status`,
    `Dir::Cache=${folder}/cache`,
    `Dir::Cache::archives=${folder}/deb`,
    'Acquire::Retries=3',
    'Acquire::Languages=none',
  ].flatMap((setting) => ['-o', setting]);
  await run('apt-get', ['-qq', ...settings, 'update']);
  const install = ['install', '--download-only', '--no-install-recommends', '-y', ...PACKAGES];
  await run('apt-get', ['-qq', ...settings, ...install]);
  // The named package depends on the image proper, and only that is wanted.
  const depends = await run('apt-cache', [...settings, 'depends', KERNEL]);
  const image = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (image === undefined) throw new Error(`build the GPIO guest: "${KERNEL}" names no image: ${depends}`);
  await mkdir(join(folder, 'kernel'));
  await run('apt-get', ['-qq', ...settings, 'download', image], { cwd: join(folder, 'kernel') });
}

/** Unpacks every package of a folder below `root`. Some hold /lib and others /usr/lib: the links that are there make them one. */
export async function unpackDebianPackages(folder: string, root: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.deb')) continue;
    const unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner -C "$2"';
    await run('bash', ['-o', 'pipefail', '-c', unpack, 'unpack', join(folder, name), root]);
  }
}
