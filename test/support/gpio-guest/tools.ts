import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** What the guest is built and run with, and the Debian package that brings each. */
const TOOLS: Record<string, string> = {
  'qemu-system-aarch64': 'qemu-system-arm',
  'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu',
  cpio: 'cpio',
  depmod: 'kmod',
  xz: 'xz-utils',
  'dpkg-deb': 'dpkg',
  npm: 'npm',
};
/** An empty network card needs its boot ROM all the same. */
const ROM = { file: '/usr/lib/ipxe/qemu/efi-virtio.rom', package: 'ipxe-qemu' };

const LIMIT_MS = 180_000;
const runFile = promisify(execFile);

/** Fails, and says what to install, where one of the tools is not on the path. */
export async function requireTools(path = `${process.env.PATH}${delimiter}/usr/sbin${delimiter}/sbin`): Promise<void> {
  const there = (file: string) =>
    access(file, constants.R_OK).then(
      () => true,
      () => false,
    );
  const missing: string[] = [];
  for (const [tool, debianPackage] of Object.entries(TOOLS)) {
    const found = await Promise.all(path.split(delimiter).map((folder) => there(join(folder, tool))));
    if (!found.includes(true)) missing.push(debianPackage);
  }
  if (!(await there(ROM.file))) missing.push(ROM.package);
  if (missing.length === 0) return;
  throw new Error(
    `prepare the GPIO guest: ${missing.join(', ')} is missing, and without it nothing of GPIO can be tested; ` +
      `run "apt-get install ${missing.join(' ')}", or "npm test", which does`,
  );
}

/** Runs one command of the build; its failure is told with what it said. */
export async function run(command: string, args: string[], options: { cwd?: string; env?: object } = {}) {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, ...options.env };
  try {
    const settings = { timeout: LIMIT_MS, killSignal: 'SIGKILL' as const, maxBuffer: 64 * 1024 * 1024 };
    return (await runFile(command, args, { ...settings, cwd: options.cwd, env })).stdout;
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`build the GPIO guest: "${command}": ${stderr?.trim() || message}`, { cause: error });
  }
}
