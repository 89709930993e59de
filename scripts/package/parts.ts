import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AddOn } from './add-ons.ts';
import type { Bundle } from './bundle.ts';
import { npmUrl, type Part } from './sbom.ts';
import { type ProgramName, ROOT } from './target.ts';

type PackageJson = {
  name: string;
  version: string;
  license?: string | { type: string };
  licenses?: { type: string }[];
  dependencies?: Record<string, string>;
};

/** All that is in an executable and is not ours: npm packages by the files that were bundled, add-ons, Node, and what is in these. */
export async function partsOf(
  program: ProgramName,
  { bundles, addOns }: { bundles: Bundle[]; addOns: AddOn[] },
): Promise<Part[]> {
  const folders = new Set(
    bundles.flatMap(({ inputs }) => inputs.flatMap((input) => packageFolder(join(ROOT, input)) ?? [])),
  );
  const npm = await Promise.all([...folders].map((folder) => partAt(folder)));
  const binaries = addOns.map(({ of }) => partOf(of as PackageJson));
  const fonts: Part[] =
    program === 'agent' ? [{ name: 'DejaVu Sans', version: '2.37', licence: 'Bitstream-Vera', type: 'file' }] : [];
  return [
    ...npm,
    ...binaries,
    ...fonts,
    ...node(),
    sqlite(program),
    ...(await libvips(addOns)),
    ...(program === 'hub' ? await dashboard() : []),
  ];
}

/** `…/node_modules/NAME` of a file in it; undefined for our own. */
export function packageFolder(file: string): string | undefined {
  const [, folder] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file) ?? [];
  return folder;
}

async function partAt(folder: string): Promise<Part> {
  return partOf(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson);
}

function partOf({ name, version, license, licenses }: PackageJson): Part {
  const licence = typeof license === 'string' ? license : (license?.type ?? licenses?.[0]?.type);
  return { name, version, licence, purl: npmUrl(name, version) };
}

/** Node, and what it is made of: this Node is the one that is packed. Source: Node's documentation of process.versions. */
function node(): Part[] {
  const made = Object.entries(process.versions).filter(
    ([name, version]) => !['node', 'modules', 'napi', 'unicode', 'cldr', 'tz'].includes(name) && version !== undefined,
  );
  return [
    {
      name: 'node',
      version: process.versions.node,
      licence: 'MIT',
      type: 'framework',
      purl: `pkg:generic/node@${process.versions.node}`,
    },
    ...made.map(([name, version]): Part => ({ name: `node/${name}`, version: version as string })),
  ];
}

function sqlite(program: ProgramName): Part {
  const Database = createRequire(join(ROOT, program, 'package.json'))('better-sqlite3') as new (
    name: string,
  ) => { prepare(sql: string): { pluck(): { get(): string } }; close(): void };
  const database = new Database(':memory:');
  const version = database.prepare('select sqlite_version()').pluck().get();
  database.close();
  return { name: 'sqlite', version, licence: 'blessing', purl: `pkg:generic/sqlite@${version}` };
}

/** What is linked into libvips, as its package lists it. */
async function libvips(addOns: AddOn[]): Promise<Part[]> {
  const library = addOns.find(({ of }) => of.name.includes('libvips'));
  if (!library) return [];
  const list = JSON.parse(await readFile(join(dirname(library.file), '../versions.json'), 'utf8')) as Record<
    string,
    string
  >;
  return Object.entries(list).map(([name, version]): Part => ({ name: `libvips/${name}`, version }));
}

/** The dashboard is built by another tool, which does not tell what it took: everything that it could take is listed. */
async function dashboard(): Promise<Part[]> {
  const found = new Map<string, Part>();
  const visit = async (folder: string): Promise<void> => {
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageJson;
    for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
      if (version.startsWith('workspace:')) continue;
      const at = resolveFrom(folder, name);
      if (at === undefined || found.has(at)) continue;
      found.set(at, await partAt(at));
      await visit(at);
    }
  };
  await visit(join(ROOT, 'hub/web'));
  return [...found.values()];
}

function resolveFrom(folder: string, name: string): string | undefined {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    const there = join(at, 'node_modules', name);
    if (existsSync(there)) return realpathSync(there);
  }
  return undefined;
}
