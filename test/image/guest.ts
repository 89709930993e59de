import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort, until } from '../support/temp.ts';
import { run } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Where QEMU's user network shows the guest this machine's loopback. */
export const HOST = '10.0.2.2';
const BOOT_PARTITION = '@@4M';
/** A power of two, as the board of a Raspberry Pi in QEMU wants it. */
const CARD_BYTES = 4 * 2 ** 30;

export type Machine = 'virt' | 'raspi3b';
export type Guest = {
  /** Everything the console has shown in this life. */
  console(): string;
  /** A command in the guest, as root by SSH; needs a key in `vigie.yaml`. */
  ssh(line: string): Promise<string>;
  /** The power is cut. */
  cut(): Promise<void>;
};

/** A card with the image on it, and its files as another computer sees them. */
export type Card = {
  file: string;
  write(name: string, text: string): Promise<void>;
  read(name: string): Promise<string>;
  names(): Promise<string[]>;
  /** Takes a folder of the data partition out into a folder of this machine. The guest must be off. */
  takeOut(path: string, to: string): Promise<void>;
};

/** @throws an Error where there is no image: `pnpm image` makes it */
export async function newCard(folder: string): Promise<Card> {
  const image = imageFile();
  await access(image).catch(() => {
    throw new Error(`boot the image: there is no "${image}"; run "pnpm image" first`);
  });
  const file = join(folder, 'card.img');
  await run('cp', ['--sparse=always', image, file]);
  await run('truncate', ['-s', String(CARD_BYTES), file]);
  const fat = `${file}${BOOT_PARTITION}`;
  return {
    file,
    async write(name, text) {
      await run('mcopy', ['-o', '-i', fat, '-', `::${name}`], text);
    },
    read: (name) => run('mtype', ['-i', fat, `::${name}`]),
    names: async () => (await run('mdir', ['-b', '-i', fat, '::'])).split('\n').map((name) => name.replace('::/', '')),
    async takeOut(path, to) {
      const table = JSON.parse(await run('sfdisk', ['--json', file])) as {
        partitiontable: { partitions: { start: number }[] };
      };
      const offset = (table.partitiontable.partitions[2]?.start ?? 0) * 512;
      const data = join(folder, 'data.ext4');
      await run('dd', [`if=${file}`, `of=${data}`, 'bs=1M', `skip=${offset}`, 'iflag=skip_bytes', 'conv=sparse']);
      // What the journal holds is applied as at the next start.
      await run('e2fsck', ['-fy', data]).catch(() => undefinedWhereMended(data));
      await run('debugfs', ['-R', `rdump ${path} ${to}`, data]);
      await rm(data);
    },
  };
}

/** e2fsck ends with 1 where it has mended something; a second look then finds nothing. */
const undefinedWhereMended = (data: string) => run('e2fsck', ['-fn', data]);

const imageFile = (): string => process.env.VIGIE_IMAGE ?? join(ROOT, 'dist', 'vigie.img');

/** Switches a device on, its clock at `rtc`, such as 2021-01-01. It ends with the test. */
export async function switchOn(
  card: Card,
  options: { machine?: Machine; key?: string; log: string; rtc?: string },
): Promise<Guest> {
  const { machine = 'virt', key, log, rtc = 'utc' } = options;
  const port = await freePort();
  const image = imageFile();
  const cmdline = 'ro net.ifnames=0 fsck.repair=yes panic=10 systemd.ssh_auto=no systemd.show_status=0';
  const network = `user,id=net,hostfwd=tcp:127.0.0.1:${port}-:22`;
  const of: Record<Machine, string[]> = {
    virt: [
      ...['-M', 'virt', '-cpu', 'cortex-a72', '-smp', '2', '-m', '1024', '-serial', `file:${log}`],
      ...['-append', `console=ttyAMA0 ${cmdline}`],
      ...['-drive', `if=none,id=card,file=${card.file},format=raw`, '-device', 'virtio-blk-pci,drive=card'],
      ...['-device', 'virtio-net-pci,netdev=net,romfile=', '-device', 'virtio-rng-pci'],
    ],
    raspi3b: [
      ...['-M', 'raspi3b', '-dtb', `${image}.rpi3.dtb`, '-serial', `file:${log}.uart0`, '-serial', `file:${log}`],
      // QEMU's watchdog of this board starts the machine again as soon as it is armed. Source: hw/misc/bcm2835_powermgt.c.
      ...['-append', `rootwait console=ttyAMA0,115200 console=ttyS1,115200 systemd.watchdog_sec=0 ${cmdline}`],
      ...['-drive', `if=sd,file=${card.file},format=raw`, '-device', 'usb-net,netdev=net'],
    ],
  };
  const child = spawn(
    'setpriv',
    [
      ...['--pdeathsig', 'KILL', '--', 'nice', '-n', '5', 'qemu-system-aarch64', '-nographic', '-nodefaults'],
      ...['-accel', 'tcg,thread=multi,tb-size=512', '-kernel', `${image}.vmlinuz`, '-initrd', `${image}.initrd`],
      ...['-rtc', `base=${rtc}`, '-netdev', network, ...of[machine]],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(child, 'close');
  const guest: Guest = {
    console: () => readFileSync(log, 'utf8'),
    async ssh(line) {
      if (key === undefined) throw new Error('the guest lets nobody in: no key was given');
      const settings = [
        'StrictHostKeyChecking=no',
        'UserKnownHostsFile=/dev/null',
        'ConnectTimeout=10',
        'LogLevel=ERROR',
      ];
      const login = ['-i', key, '-p', String(port), ...settings.flatMap((setting) => ['-o', setting])];
      return await run('ssh', [...login, 'root@127.0.0.1', line]);
    },
    async cut() {
      child.kill('SIGKILL');
      await ended;
    },
  };
  onTestFinished(() => guest.cut());
  await until('QEMU runs', () => child.pid !== undefined || child.exitCode !== null);
  return guest;
}
