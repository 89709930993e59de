import { chmod, copyFile, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { CACHE, DIST, ELSEWHERE, type ProgramName, ROOT, stemOf, type Target } from '../target.ts';
import { run } from '../tools.ts';
import { controlFile, maintainerScripts } from './control.ts';

/** Where each file of `hardware/systemd` goes, by its name. */
const PLACES: [pattern: RegExp, place: (name: string) => string, mode?: number][] = [
  [/\.(service|path|timer|socket|slice|target)$/, (name) => `usr/lib/systemd/system/${name}`],
  [/\.sysusers\.conf$/, (name) => `usr/lib/sysusers.d/${name.replace('.sysusers', '')}`],
  [/\.tmpfiles\.conf$/, (name) => `usr/lib/tmpfiles.d/${name.replace('.tmpfiles', '')}`],
  [/\.rules$/, (name) => `usr/lib/udev/rules.d/${name}`],
  [/^vigie-launch$/, (name) => `usr/lib/vigie/${name}`, 0o755],
];
/** Of the two programs, whose a file is. */
const programOf = (name: string): ProgramName => (/vigie-hub/.test(name) ? 'hub' : 'agent');

/** What lies in the package from the project's own files: place in the system, file here, mode. */
export function systemFiles(program: ProgramName, names: string[]): { place: string; name: string; mode: number }[] {
  return names
    .filter((name) => programOf(name) === program)
    .map((name) => {
      const found = PLACES.find(([pattern]) => pattern.test(name));
      if (!found)
        throw new Error(
          `package "hardware/systemd/${name}": where it goes is not known; add it to PLACES in scripts/package/debian/deb.ts`,
        );
      const [, place, mode = 0o644] = found;
      return { place: place(name), name, mode };
    });
}

/** Builds the Debian package of one executable into `dist`. `at` is the time of every file in it. */
export async function buildDeb(
  target: Target,
  { executable, depends, sbom, at }: { executable: string; depends: string[]; sbom: string; at: Date },
): Promise<string> {
  const { program, arch, version } = target;
  const name = `vigie-${program}`;
  const root = join(CACHE, `${stemOf(target)}.deb-root`);
  await rm(root, { recursive: true, force: true });
  const put = async (place: string, content: string | Uint8Array, mode = 0o644) => {
    await mkdir(dirname(join(root, place)), { recursive: true });
    await writeFile(join(root, place), content);
    await chmod(join(root, place), mode);
  };

  await mkdir(join(root, 'usr/lib/vigie'), { recursive: true });
  await copyFile(executable, join(root, 'usr/lib/vigie', name));
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  await symlink(`../lib/vigie/${name}`, join(root, 'usr/bin', name));
  const systemd = join(ROOT, 'hardware/systemd');
  for (const file of systemFiles(program, await readdir(systemd)))
    await put(file.place, await readFile(join(systemd, file.name)), file.mode);
  await put(`etc/vigie/${program}.yaml`, await readFile(join(import.meta.dirname, `${program}.yaml`)));
  const documents = `usr/share/doc/${name}`;
  await put(`${documents}/copyright`, await copyright());
  await put(`${documents}/changelog.gz`, await packed(changelog(name, version, at)));
  await put(`${documents}/${basename(sbom)}.gz`, await packed(await readFile(sbom)));
  await put('DEBIAN/conffiles', `/etc/vigie/${program}.yaml\n`);
  for (const [script, text] of Object.entries(maintainerScripts(program))) await put(`DEBIAN/${script}`, text, 0o755);
  const installedKb = Math.ceil((await bytesBelow(join(root, 'usr'))) / 1024);
  await put('DEBIAN/control', controlFile({ program, version, arch: ELSEWHERE[arch].debian, depends, installedKb }));
  await setTimes(root, at);

  const file = join(DIST, `${stemOf(target)}.deb`);
  await run('dpkg-deb', ['--root-owner-group', '-Zxz', '-z2', '--build', root, file], {
    env: { SOURCE_DATE_EPOCH: String(at.getTime() / 1000) },
  });
  await rm(root, { recursive: true });
  return file;
}

/** gzip without a time and a name. */
const packed = (content: string | Uint8Array): Promise<Uint8Array> => promisify(gzip)(content, { level: 9 });

const changelog = (name: string, version: string, at: Date): string =>
  [
    `${name} (${version}) stable; urgency=medium`,
    '',
    '  * See CHANGELOG.md of the project.',
    '',
    ` -- The Vigie founders <founders@vigie.invalid>  ${at.toUTCString().replace('GMT', '+0000')}`,
    '',
  ].join('\n');

async function copyright(): Promise<string> {
  const indented = (await readFile(join(ROOT, 'agent/assets/fonts/DejaVuSans-LICENSE.txt'), 'utf8'))
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line}`))
    .join('\n');
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: Vigie',
    'Comment: The packages and libraries in the executable, each with its licence, are listed in the bill of materials beside this file.',
    '',
    'Files: *',
    'Copyright: The Vigie founders',
    'License: Apache-2.0',
    ' On Debian systems the text is in /usr/share/common-licenses/Apache-2.0.',
    '',
    'Files: agent/assets/fonts/*',
    'Copyright: Bitstream, Inc., Tavmjong Bah',
    'License: Bitstream-Vera',
    indented,
    '',
  ].join('\n');
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Every file, then every folder: writing into a folder would change its time again. */
async function setTimes(root: string, at: Date): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of [...paths.sort().reverse(), root]) {
    if ((await stat(path)).isDirectory()) await chmod(path, 0o755);
    await utimes(path, at, at);
  }
}
