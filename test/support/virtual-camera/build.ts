import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Builds the virtual camera: libgphoto2's own camera driver `vusb`, which Debian does not ship, compiled together with
 * `control.c` and `body.c`. The result lies in `.cache/virtual-camera` by version; only the first build needs the network. Nothing is
 * installed, no root is needed, and two builds at once do not disturb each other: each works in a folder of its own and
 * renames it into place.
 */
const here = import.meta.dirname;
const cache = join(here, '../../../.cache/virtual-camera');
const limitMs = 180_000;
const run = promisify(execFile);

/** Debian packages that the build needs; the machine's lists of packages must be there too (`apt-get update`). */
export const DEBIAN_PACKAGES = ['gcc', 'libc6-dev', 'dpkg-dev', 'libgphoto2-dev', 'libexif-dev'];

/** @returns the folder for libgphoto2's `IOLIBS`: it holds the virtual camera's driver and no other. */
export async function buildVirtualCamera(): Promise<string> {
  const fields = ['source:Version', 'Architecture'].map((field) => `\${${field}}`).join(' ');
  const version = await output('dpkg-query', ['-W', '-f', fields, 'libgphoto2-dev']);
  const recipe = await Promise.all(
    ['control.c', 'body.c', 'body.h', 'build.ts'].map((name) => readFile(join(here, name))),
  );
  const key = createHash('sha256').update(version).update(Buffer.concat(recipe)).digest('hex').slice(0, 16);
  const iolibs = join(cache, `iolibs-${key}`);
  if (await there(join(iolibs, 'vusb.so'))) return iolibs;
  await mkdir(cache, { recursive: true });
  const driver = await fetchDriver(version.split(' ')[0] as string);
  await intoPlace(iolibs, (folder) => compile(driver, join(folder, 'vusb.so')));
  return iolibs;
}

/** The driver's source of exactly the installed version: it is compiled against the installed library. */
async function fetchDriver(version: string): Promise<string> {
  const driver = join(cache, `libgphoto2_port-${version.replaceAll(':', '_')}`);
  if (await there(join(driver, 'vusb/vusb.c'))) return driver;
  // The Debian mirrors that apt already uses, asked for sources. Lists stay in the cache: the machine's are left alone.
  const format =
    'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const targets = await output('apt-get', [
    'indextargets',
    'Origin: Debian',
    'Created-By: Packages',
    '--format',
    format,
  ]);
  const sources = [...new Set(targets.split('\n'))].sort().join('\n');
  if (sources === '')
    throw new Error('build the virtual camera: apt knows no Debian mirror; run "apt-get update" first');

  await intoPlace(driver, async (folder) => {
    const fetch = `${folder}.fetch`;
    try {
      await mkdir(join(fetch, 'lists/partial'), { recursive: true });
      await writeFile(join(fetch, 'sources.list'), `${sources}\n`);
      const settings = [
        'APT::Sandbox::User=root',
        `Dir::State::Lists=${fetch}/lists`,
        `Dir::Etc::SourceList=${fetch}/sources.list`,
        'Dir::Etc::SourceParts=/dev/null',
        'Dir::Cache::pkgcache=',
        'Dir::Cache::srcpkgcache=',
        'Acquire::Retries=3',
      ].flatMap((setting) => ['-o', setting]);
      await output('apt-get', ['-qq', ...settings, 'update'], fetch);
      await output('apt-get', ['-qq', ...settings, 'source', '--download-only', `libgphoto2=${version}`], fetch);
      // apt has checked the files against the signed index; the uploader's own signature would need a further keyring.
      await output('sh', ['-c', 'dpkg-source --no-check -x libgphoto2_*.dsc unpacked'], fetch);
      await prepare(join(fetch, 'unpacked/libgphoto2_port'));
      await rm(folder, { recursive: true });
      await rename(join(fetch, 'unpacked/libgphoto2_port'), folder);
    } finally {
      await rm(fetch, { recursive: true, force: true });
    }
  });
  return driver;
}

/**
 * 2.5.30 shows its camera in the fuzzing mode alone, and declares it full after 26 captures in a process. File names have
 * room for four digits, and a capture counts up by two, so 9998 is the highest limit that fits.
 */
async function prepare(driver: string): Promise<void> {
  const header = join(driver, 'vusb/vcamera.h');
  const source = join(driver, 'vusb/vcamera.c');
  await writeFile(header, (await readFile(header, 'utf8')).replace('#undef FUZZ_PTP', '#define FUZZ_PTP 1'));
  const lines = (await readFile(source, 'utf8')).split('\n');
  const patched = lines.map((line) => (line.includes('capcnt') ? line.replace('150', '9998') : line));
  await writeFile(source, patched.join('\n'));
  await writeFile(join(driver, 'config.h'), ''); // Its two settings that matter are given to the compiler.
}

async function compile(driver: string, target: string): Promise<void> {
  const flags = async (what: string) =>
    (await output('pkg-config', [what, 'libgphoto2_port', 'libexif'])).split(/\s+/).filter((flag) => flag !== '');
  await output('gcc', [
    ...'-shared -fPIC -O1 -w -D_GNU_SOURCE -D_GPHOTO2_INTERNAL_CODE -DHAVE_LIBEXIF -DHAVE_SYS_PARAM_H'.split(' '),
    `-I${driver}`,
    `-I${join(driver, 'vusb')}`,
    ...(await flags('--cflags')),
    join(here, 'control.c'),
    join(here, 'body.c'),
    '-o',
    target,
    ...(await flags('--libs')),
  ]);
}

/** Fills a folder under a name of its own, then gives it its name; who comes second throws its work away. */
async function intoPlace(folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
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

async function output(command: string, args: string[], cwd = cache): Promise<string> {
  try {
    const options = { timeout: limitMs, killSignal: 'SIGKILL' as const, maxBuffer: 16 * 1024 * 1024 };
    const { stdout } = await run(command, args, { ...options, ...((await there(cwd)) ? { cwd } : {}) });
    return stdout.trim();
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(
      `build the virtual camera: "${command}" failed: ${stderr?.trim() || message}\n` +
        `Debian packages needed: ${DEBIAN_PACKAGES.join(' ')} pkg-config, and "apt-get update"`,
      { cause: error },
    );
  }
}

const there = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

if (import.meta.main) process.stdout.write(`${await buildVirtualCamera()}\n`);
