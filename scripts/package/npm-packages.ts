import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CACHE, ROOT } from './target.ts';
import { run } from './tools.ts';

/** The folder of a package as a workspace of this project sees it: `from` is `agent`, `hub`, `hardware` or `shared`, then its dependencies. */
export async function installed(from: string, ...names: string[]): Promise<string> {
  let folder = join(ROOT, from);
  for (const name of names) {
    let at = folder;
    while (!existsSync(join(at, 'node_modules', name))) {
      const up = dirname(at);
      if (up === at)
        throw new Error(`find package "${name}" of ${folder}: it is not installed; run "node scripts/set-up.mjs"`);
      at = up;
    }
    folder = await realpath(join(at, 'node_modules', name));
  }
  return folder;
}

/**
 * The folder of a package that may not be installed here, as it is for another architecture: fetched in the version and with the digest
 * that the lockfile names, and kept. None of its scripts runs.
 */
export function lockedPackage(name: string): Promise<string> {
  const fetched = fetching.get(name) ?? fetchLocked(name);
  fetching.set(name, fetched);
  return fetched;
}

/** Several parts of a build want the same ones. */
const fetching = new Map<string, Promise<string>>();

async function fetchLocked(name: string): Promise<string> {
  const { version, integrity } = locked(await readFile(join(ROOT, 'pnpm-lock.yaml'), 'utf8'), name);
  const folder = join(CACHE, 'npm', `${name.replace('/', '+')}@${version}`);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${randomBytes(4).toString('hex')}`;
  await mkdir(work, { recursive: true });
  try {
    await run('npm', ['pack', '--silent', `${name}@${version}`], { cwd: work });
    const archive = join(work, (await readdir(work)).find((file) => file.endsWith('.tgz')) ?? '');
    const digest = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (digest !== integrity) {
      throw new Error(`fetch "${name}@${version}": its digest is ${digest}, the lockfile says ${integrity}`);
    }
    await run('tar', ['xzf', archive, '--no-same-owner', '-C', work]);
    await rename(join(work, 'package'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

/** What the lockfile says of a package of which it has one version. */
export function locked(lockfile: string, name: string): { version: string; integrity: string } {
  const quoted = name.replaceAll(/[/.]/g, '\\$&');
  const entry = new RegExp(`^  '?${quoted}@([\\d.]+)'?:\\n    resolution: \\{integrity: (sha512-[^},]+)\\}`, 'm').exec(
    lockfile,
  );
  if (!entry) throw new Error(`look for "${name}" in pnpm-lock.yaml: it is not there; add it to optionalDependencies`);
  return { version: entry[1] as string, integrity: entry[2] as string };
}

/** The npm package that holds Node for an architecture: `bin/node`, and the headers that add-ons are built with. */
export const nodePackage = async (arch: string): Promise<string> =>
  arch === process.arch
    ? realpath(join(ROOT, 'node_modules', `node-linux-${arch}`))
    : lockedPackage(`node-linux-${arch}`);

/** A package with binaries for each architecture: the installed one, or the other architecture's. */
export async function binaryPackage(arch: string, from: string[], name: string): Promise<string> {
  if (arch !== process.arch) return lockedPackage(name);
  const [workspace = '', ...owners] = from;
  return installed(workspace, ...owners, name);
}
