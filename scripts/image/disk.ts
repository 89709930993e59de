import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command, shell } from './command.ts';

const MIB = 1024 * 1024;
/** Before the first partition: the table, and room that cards like to have. */
const START_MIB = 4;
const BOOT_MIB = 128;
/** Holds the device's first day; it grows to the end of the card at the first start. */
const DATA_MIB = 256;
/** Room beside the files of the root file system, which is never written to. */
const SPARE_MIB = 24;
/** The first folders of the data partition, which /etc/fstab and the agent take for granted. */
const DATA_FOLDERS = ['agent', 'enrolment', 'journal', 'settings', 'ssh', 'timesync'];

/**
 * Writes the image: FAT for the boot firmware and vigie.yaml, ext4 for the root file system, ext4 for data. No loop device and no mount:
 * each file system is made of a folder, and put into its place.
 */
export async function writeImage(given: {
  tree: string;
  boot: string[];
  work: string;
  image: string;
}): Promise<{ bytes: number }> {
  const { tree, boot, work, image } = given;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const [fat, root, data] = [join(work, 'boot.fat'), join(work, 'root.ext4'), join(work, 'data.ext4')];

  await command('truncate', ['-s', `${BOOT_MIB}M`, fat]);
  await command('mkfs.vfat', ['-F', '32', '-n', 'VIGIEBOOT', fat]);
  for (const folder of boot) await shell('mcopy -o -s -i "$1" "$2"/* ::', [fat, folder]);

  const used = Number((await shell('du -xsm --apparent-size "$1" | cut -f1', [tree])).trim());
  const rootMib = Math.ceil(used * 1.1) + SPARE_MIB;
  // Without a journal, since it is only read; hundred thousand files at most, so inodes by the size of the files that are there.
  const readOnly = [
    '-q',
    '-t',
    'ext4',
    '-O',
    '^has_journal',
    '-m',
    '0',
    '-L',
    'VIGIEROOT',
    '-d',
    tree,
    root,
    `${rootMib}M`,
  ];
  await command('mke2fs', readOnly);

  const folders = join(work, 'data');
  for (const name of DATA_FOLDERS) await mkdir(join(folders, name), { recursive: true, mode: 0o755 });
  // As for a large file system, which it becomes.
  const large = ['-T', 'default', '-b', '4096', '-J', 'size=32', '-E', 'lazy_itable_init=0,lazy_journal_init=0'];
  await command('mke2fs', [
    '-q',
    '-t',
    'ext4',
    ...large,
    '-m',
    '1',
    '-L',
    'VIGIEDATA',
    '-d',
    folders,
    data,
    `${DATA_MIB}M`,
  ]);

  const part = `${image}.part`;
  await rm(part, { force: true });
  const total = START_MIB + BOOT_MIB + rootMib + DATA_MIB;
  await command('truncate', ['-s', `${total}M`, part]);
  const table = [
    'label: dos',
    `start=${START_MIB}MiB, size=${BOOT_MIB}MiB, type=c, bootable`,
    `start=${START_MIB + BOOT_MIB}MiB, size=${rootMib}MiB, type=83`,
    `start=${START_MIB + BOOT_MIB + rootMib}MiB, size=${DATA_MIB}MiB, type=83`,
  ].join('\n');
  await shell('printf "%s\\n" "$1" | sfdisk -q "$2"', [table, part]);
  const put = 'dd if="$1" of="$2" bs=1M seek="$3" conv=notrunc,sparse status=none';
  await shell(put, [fat, part, String(START_MIB)]);
  await shell(put, [root, part, String(START_MIB + BOOT_MIB)]);
  await shell(put, [data, part, String(START_MIB + BOOT_MIB + rootMib)]);
  await rename(part, image);
  await rm(work, { recursive: true });
  return { bytes: total * MIB };
}
