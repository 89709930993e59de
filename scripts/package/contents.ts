import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddOn } from './add-ons.ts';
import { type Bundle, bundleThread } from './bundle.ts';
import type { Contents } from './inside/unpack.ts';
import { type ProgramName, ROOT } from './target.ts';

/** Files that a program finds by its own place, by folders; and threads, which are built. */
const FILES: Record<ProgramName, { folders: string[]; files: string[]; threads: string[] }> = {
  agent: { folders: ['agent/drizzle', 'agent/assets', 'hardware/boards'], files: ['agent/package.json'], threads: [] },
  hub: {
    folders: ['hub/drizzle', 'hub/web/dist'],
    files: ['hub/package.json'],
    threads: ['hub/src/check/directory-thread-main.ts'],
  },
};
/** What the tools keep beside migrations is not read when they are applied. */
const LEFT_OUT = /\/drizzle\/meta\/\d+_snapshot\.json$/;

/** All that goes into an executable beside its code: by place, the file on this machine. */
export async function contentsOf(
  program: ProgramName,
  addOns: AddOn[],
  work: string,
): Promise<{ contents: Contents; assets: Record<string, string>; threads: Bundle[] }> {
  const { folders, files, threads } = FILES[program];
  const assets: Record<string, string> = {};
  for (const folder of folders) for (const path of await filesBelow(folder)) assets[path] = join(ROOT, path);
  for (const path of files) assets[path] = join(ROOT, path);
  for (const { file, place } of addOns) assets[`add-ons/${place}`] = file;
  const bundles: Bundle[] = [];
  for (const source of threads) {
    const bundle = await bundleThread(source);
    const place = source.replace(/\.ts$/, '.mjs');
    assets[place] = join(work, place);
    await mkdir(join(work, place, '..'), { recursive: true });
    await writeFile(join(work, place), bundle.code);
    bundles.push(bundle);
  }
  const paths = Object.keys(assets).sort();
  const hash = createHash('sha256');
  const list: Contents['files'] = [];
  for (const path of paths) {
    const file = assets[path] as string;
    const digest = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    hash.update(`${path}\0${digest}\n`);
    list.push({ path, bytes: (await stat(file)).size });
  }
  return { contents: { digest: hash.digest('hex').slice(0, 32), files: list }, assets, threads: bundles };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .filter((path) => !LEFT_OUT.test(path));
  if (paths.length === 0) throw new Error(`pack "${folder}": there is nothing in it; run "node scripts/set-up.mjs"`);
  return paths;
}
