/**
 * `pnpm package [x64|arm64]…`: agent and hub as single executables and Debian packages, each with its bill of materials, and the
 * digests of them all, in `dist`. Without an architecture, for both. `--executables` makes these alone, which is quicker.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buildDeb } from './package/debian/deb.ts';
import { buildExecutable } from './package/executable.ts';
import { dependencies } from './package/linked.ts';
import { partsOf } from './package/parts.ts';
import { billOfMaterials } from './package/sbom.ts';
import {
  ARCHITECTURES,
  DIST,
  isArchitecture,
  PROGRAMS,
  ROOT,
  readManifest,
  stemOf,
  type Target,
} from './package/target.ts';

const args = process.argv.slice(2);
const onlyExecutables = args.includes('--executables');
const named = args.filter((arg) => arg !== '--executables');
const unknown = named.filter((name) => !isArchitecture(name));
if (unknown.length > 0) {
  process.stderr.write(
    `package "${unknown.join(' ')}": ${ARCHITECTURES.join(' and ')} are allowed, and --executables\n`,
  );
  process.exit(2);
}
const { version } = readManifest(ROOT);
const at = new Date(epochSeconds() * 1000);
await mkdir(DIST, { recursive: true });
for (const arch of ARCHITECTURES) {
  if (named.length > 0 && !named.includes(arch)) continue;
  for (const program of PROGRAMS) await make({ program, arch, version });
}
await writeSums();

async function make(target: Target): Promise<void> {
  const begin = performance.now();
  const executable = await buildExecutable(target);
  const sha256 = await digestOf(executable.file);
  const parts = await partsOf(target.program, executable);
  const bill = billOfMaterials({ ...target, sha256, at, parts });
  const sbom = `${executable.file}.cdx.json`;
  await writeFile(sbom, `${JSON.stringify(bill, null, 2)}\n`);
  if (!onlyExecutables) {
    const depends = dependencies(executable.linked);
    await buildDeb(target, { executable: executable.file, depends, sbom, at });
  }
  process.stdout.write(
    `package: ${stemOf(target)}: ${parts.length} parts, ${((performance.now() - begin) / 1000).toFixed(1)} s\n`,
  );
}

/** The digests of everything of this version that lies in `dist`, as `sha256sum --check` reads them. */
async function writeSums(): Promise<void> {
  const names = (await readdir(DIST)).filter((name) => name.includes(`_${version}_`)).sort();
  const lines = await Promise.all(names.map(async (name) => `${await digestOf(join(DIST, name))}  ${name}\n`));
  await writeFile(join(DIST, 'SHA256SUMS'), lines.join(''));
  process.stdout.write(`${await readFile(join(DIST, 'SHA256SUMS'), 'utf8')}`);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** All times in what is made: the last commit's, unless SOURCE_DATE_EPOCH says another. */
function epochSeconds(): number {
  const said = process.env.SOURCE_DATE_EPOCH;
  if (said !== undefined && /^\d{1,11}$/.test(said)) return Number(said);
  if (!existsSync(join(ROOT, '.git')))
    throw new Error('package: there is no history here; set SOURCE_DATE_EPOCH to the time of this version');
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' }));
}
