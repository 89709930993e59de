import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command, shell } from './command.ts';
import { ARCHITECTURE, type Mirrors, namesIn, sources } from './debian.ts';

/** `root`: modules and firmware below usr/lib; `boot`: what lies on the FAT partition. */
export type Kernel = { release: string; root: string; boot: string };

/** Boot firmware of the Raspberry Pi, and firmware of its Wi-Fi. busybox is the whole of the initramfs. */
const FIRMWARE = ['raspi-firmware', 'firmware-brcm80211'];
const BUSYBOX = 'busybox-static';
/** Machines that no Raspberry Pi is: their drivers are half of all modules. */
const LEFT_OUT = ['drivers/gpu/drm/amd', 'drivers/gpu/drm/nouveau', 'drivers/gpu/drm/radeon', 'drivers/infiniband'];

/**
 * Debian's kernel for arm64, the Raspberry Pi's boot firmware and a small initramfs, made without running a program of arm64. The
 * initramfs loads what the hardware asks for, so one fits all boards.
 */
export async function kernel(given: {
  cache: string;
  mirrors: Mirrors;
  initramfs: string;
  fresh: boolean;
}): Promise<Kernel> {
  const { cache, mirrors, initramfs, fresh } = given;
  const packages = join(cache, 'kernel-packages');
  if (fresh) await rm(packages, { recursive: true, force: true });
  await download(packages, mirrors);
  const work = join(cache, 'kernel');
  const [root, boot] = [join(work, 'root'), join(work, 'boot')];
  await rm(work, { recursive: true, force: true });
  for (const folder of [root, boot]) await mkdir(folder, { recursive: true });
  // Some packages hold /lib and others /usr/lib: on the device they are one.
  const unpack = 'for p in "$1"/*.deb; do case $p in */busybox*) ;; *) dpkg-deb -x "$p" "$2";; esac; done';
  await shell(unpack, [packages, root]);
  await shell('if [ -d "$1/lib" ]; then cp -a "$1/lib/." "$1/usr/lib/"; rm -rf "$1/lib"; fi; ln -s usr/lib "$1/lib"', [
    root,
  ]);
  const release = (await readdir(join(root, 'usr/lib/modules')))[0] as string;
  const modules = join(root, 'usr/lib/modules', release);
  for (const path of LEFT_OUT) await rm(join(modules, 'kernel', path), { recursive: true, force: true });
  await command('depmod', ['-b', root, release]);

  await makeInitramfs({ packages, root, release, initramfs, work, image: join(boot, 'initrd.img') });
  await shell('cp "$1/boot/vmlinuz-$3" "$2/vmlinuz"', [root, boot, release]);
  await shell('cp -r "$1"/usr/lib/raspi-firmware/* "$2/" && cp "$1/usr/lib/linux-image-$3"/broadcom/*.dtb "$2/"', [
    ...[root, boot, release],
  ]);
  for (const spare of ['boot', 'etc', 'lib', 'usr/lib/raspi-firmware', `usr/lib/linux-image-${release}`, 'usr/share']) {
    await rm(join(root, spare), { recursive: true, force: true });
  }
  return { release, root, boot };
}

/** Into a folder of its own, with lists and a record of what is installed that are not the machine's. */
async function download(folder: string, mirrors: Mirrors): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).includes('complete')) return;
  for (const name of ['lists/partial', 'archives/partial']) await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'sources.list'), `${sources(mirrors, 'main non-free-firmware').join('\n')}\n`);
  await writeFile(join(folder, 'status'), '');
  const settings = [
    `APT::Architecture=${ARCHITECTURE}`,
    `APT::Architectures=${ARCHITECTURE}`,
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
    `Dir::Etc::SourceList=${folder}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${folder}/lists`,
    `Dir::State::status=${folder}/status`,
    `Dir::Cache=${folder}`,
  ].flatMap((setting) => ['-o', setting]);
  await command('apt-get', ['-qq', ...settings, 'update']);
  const depends = await command('apt-cache', [...settings, 'depends', 'linux-image-arm64']);
  const image = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (image === undefined) throw new Error(`build the image: "linux-image-arm64" names no kernel: ${depends}`);
  await command('apt-get', ['-qq', ...settings, 'download', image, ...FIRMWARE, BUSYBOX], { cwd: folder });
  await writeFile(join(folder, 'complete'), '');
}

async function makeInitramfs(given: {
  packages: string;
  root: string;
  release: string;
  initramfs: string;
  work: string;
  image: string;
}): Promise<void> {
  const { packages, root, release, initramfs, work, image } = given;
  const tree = join(work, 'initramfs');
  const from = join(root, 'usr/lib/modules', release);
  const to = join(tree, 'lib/modules', release);
  await mkdir(join(tree, 'bin'), { recursive: true });
  await mkdir(to, { recursive: true });
  const busybox =
    'dpkg-deb --fsys-tarfile "$1"/busybox-static_*.deb | tar -xO --wildcards "./*bin/busybox" >"$2/bin/busybox"';
  await shell(`${busybox}; chmod 755 "$2/bin/busybox"`, [packages, tree]);
  const names = namesIn(await readFile(join(initramfs, 'modules.txt'), 'utf8'));
  const show = ['-d', root, '-S', release, '-C', '/dev/null', '--show-depends'];
  const wanted = new Set<string>();
  for (const name of names) {
    // What is built into the kernel, or is not there any more, has no file.
    const shown = await shell('modprobe "$@" 2>/dev/null || true', [...show, name]);
    for (const [, path] of shown.matchAll(/^insmod (\S+)/gm)) wanted.add(path as string);
  }
  for (const path of wanted) {
    const below = path.slice(path.indexOf(`/${release}/`) + release.length + 2);
    const place =
      'mkdir -p "$(dirname "$2")"; case $1 in *.xz) xz -dc "$1" >"$(dirname "$2")/$(basename "$2" .xz)";; *) cp "$1" "$2";; esac';
    await shell(place, [path, join(to, below)]);
  }
  await shell('cp "$1"/modules.order "$1"/modules.builtin "$1"/modules.builtin.modinfo "$2/"', [from, to]);
  await command('depmod', ['-b', tree, release]);
  await shell('cp "$1" "$2/init"; chmod 755 "$2/init"', [join(initramfs, 'init'), tree]);
  const pack = 'find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 | zstd -q -19 -T0 >"$1"';
  await shell(pack, [image], { cwd: tree });
}
