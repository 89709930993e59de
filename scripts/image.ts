/**
 * `pnpm image`: the image of a device, for Raspberry Pi 3, 4, 5 and Zero 2 W: Debian for arm64, the agent's package of `pnpm package`, and
 * the files of hardware/image. See docs/image.md. Needs root, for a chroot in .cache; nothing outside of .cache and dist is changed.
 */
import { copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '@vigie/shared/kit/errors';
import { command, shell } from './image/command.ts';
import { mirrors } from './image/debian.ts';
import { writeImage } from './image/disk.ts';
import { kernel } from './image/kernel.ts';
import { rootFileSystem } from './image/root-file-system.ts';
import { assembleTree } from './image/tree.ts';

const HELP = `Usage: pnpm image [options]

Builds dist/vigie.img, to be written to a card. Beside it lie the kernel and the initramfs, for QEMU.

  --agent FILE  the agent's Debian package for arm64; the newest of dist/ where it is left out
  --out FILE    the image
  --fresh       today's packages of Debian, not those of the last build
  --compress    also as .img.zst
  --help        this text
`;
const ROOT = dirname(import.meta.dirname);
const FILES = join(ROOT, 'hardware', 'image');

async function build(options: { agent: string; image: string; fresh: boolean; compress: boolean }): Promise<void> {
  const begin = performance.now();
  const say = (text: string) =>
    void process.stdout.write(`${((performance.now() - begin) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
  const cache = join(ROOT, '.cache', 'image');
  await mkdir(cache, { recursive: true });
  await mkdir(dirname(options.image), { recursive: true });
  const from = await mirrors();
  const packages = join(FILES, 'packages.txt');
  const debian = await rootFileSystem({ cache, packages, mirrors: from, fresh: options.fresh, say });
  say('the kernel and the firmware are unpacked, and the initramfs is made');
  const pi = await kernel({ cache, mirrors: from, initramfs: join(FILES, 'initramfs'), fresh: options.fresh });
  say(`the root file system is put together: Linux ${pi.release}, ${options.agent}`);
  const tree = await assembleTree({ ...debian, kernel: pi, files: join(FILES, 'root'), agent: options.agent });
  say('the image is written');
  const boot = [pi.boot, join(FILES, 'boot')];
  const { bytes } = await writeImage({ tree, boot, work: join(cache, 'disk'), image: options.image });
  await copyFile(join(pi.boot, 'vmlinuz'), `${options.image}.vmlinuz`);
  await copyFile(join(pi.boot, 'initrd.img'), `${options.image}.initrd`);
  await copyFile(join(pi.boot, 'bcm2837-rpi-3-b.dtb'), `${options.image}.rpi3.dtb`);
  say(`${options.image}: ${Math.round(bytes / 2 ** 20)} MiB`);
  if (!options.compress) return;
  await command('zstd', ['-q', '-f', '-9', '-T0', options.image, '-o', `${options.image}.zst.part`]);
  await rename(`${options.image}.zst.part`, `${options.image}.zst`);
  say(`${options.image}.zst: ${(await shell('du -m "$1" | cut -f1', [`${options.image}.zst`])).trim()} MiB`);
}

async function newestAgent(): Promise<string> {
  const dist = join(ROOT, 'dist');
  const files = await readdir(dist).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return [];
  });
  const found = files
    .filter((name) => /^vigie-agent_.*_arm64\.deb$/.test(name))
    .sort()
    .at(-1);
  if (found === undefined)
    throw new Error(`build the image: "${dist}" holds no vigie-agent_*_arm64.deb; run "pnpm package arm64" first`);
  return join(dist, found);
}

try {
  const { values } = parseArgs({
    options: {
      agent: { type: 'string' },
      out: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      compress: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else if (process.getuid?.() !== 0) throw new Error('build the image: root is needed, for a chroot in .cache/image');
  else {
    const agent = values.agent === undefined ? await newestAgent() : resolve(values.agent);
    const image = values.out === undefined ? join(ROOT, 'dist', 'vigie.img') : resolve(values.out);
    await build({ agent, image, fresh: values.fresh, compress: values.compress });
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 3;
}
