import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { type AddOn, addOnsOf } from './add-ons.ts';
import { type Bundle, bundleProgram } from './bundle.ts';
import { contentsOf } from './contents.ts';
import { type Linked, linkedBy } from './linked.ts';
import { nodePackage } from './npm-packages.ts';
import { CACHE, DIST, ELSEWHERE, stemOf, type Target } from './target.ts';
import { run } from './tools.ts';

export type Executable = { file: string; addOns: AddOn[]; bundles: Bundle[]; linked: Linked };

/**
 * What the program says to V8 at its start. The agent is small rather than quick: docs/decisions/0008-a-small-agent.md. Nothing of
 * `NODE_OPTIONS` is heard: an environment must not bring code into a program in the field.
 */
const EXEC_ARGV = {
  agent: ['--max-semi-space-size=1', '--optimize-for-size', '--no-turbofan', '--single-threaded-gc'],
  hub: [],
};

/** The part of pkg that is used here. Source: @yao-pkg/pkg, lib-es5/sea.js, in the version that package.json pins. */
type Sea = (
  entry: string,
  options: { targets: { nodeRange: string; platform: string; arch: string; output: string }[]; seaConfig: object },
) => Promise<void>;

/** Builds one executable into `dist`: Node, the program's code, its add-ons and files. */
export async function buildExecutable(target: Target): Promise<Executable> {
  const { program, arch } = target;
  const work = join(CACHE, stemOf(target));
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await mkdir(DIST, { recursive: true });
  const [bundle, addOns] = await Promise.all([bundleProgram(target), addOnsOf(program, arch, work)]);
  const { contents, assets, threads } = await contentsOf(program, addOns, work);
  const script = `vigie-${program}.cjs`;
  await writeFile(join(work, script), bundle.code);
  await writeFile(join(work, 'contents.json'), JSON.stringify(contents));

  const file = join(DIST, stemOf(target));
  const node = await nodePackage(arch);
  await withNodeKnown(target, node, work, (sea) =>
    sea(join(work, script), {
      targets: [{ nodeRange: `node${process.versions.node}`, platform: 'linux', arch, output: file }],
      seaConfig: {
        // From pkg's own folder in `work`: the name goes into the executable, and no path of this machine with it.
        main: `../${script}`,
        disableExperimentalSEAWarning: true,
        useSnapshot: false,
        useCodeCache: false,
        execArgv: EXEC_ARGV[program],
        execArgvExtension: 'none',
        assets: { 'contents.json': join(work, 'contents.json'), ...assets },
      },
    }),
  );
  const binaries = [file, ...addOns.map((addOn) => addOn.file)].map((path) => ({ file: path, name: basename(path) }));
  const linked = await linkedBy(binaries, arch);
  await rm(work, { recursive: true });
  return { file, addOns, bundles: [bundle, ...threads], linked };
}

/**
 * pkg downloads the Node that it packs, unless it finds it among what it has downloaded: there it is given the pinned one, of the npm
 * package whose digest the lockfile names, without its symbols.
 */
async function withNodeKnown(
  { arch }: Target,
  node: string,
  work: string,
  build: (sea: Sea) => Promise<void>,
): Promise<void> {
  const home = join(work, 'home');
  const name = `node-v${process.versions.node}-linux-${arch}`;
  const downloads = join(home, '.pkg-cache', 'sea');
  const binary = join(downloads, name, 'bin', 'node');
  await mkdir(join(binary, '..'), { recursive: true });
  await copyFile(join(node, 'bin', 'node'), binary);
  await run(`${ELSEWHERE[arch].tools}strip`, [binary]);
  for (const mark of [`${binary}.ok`, join(downloads, `${name}.tar.gz`), join(downloads, `${name}.tar.gz.ok`)])
    await writeFile(mark, '');
  const { HOME, TMPDIR } = process.env;
  Object.assign(process.env, { HOME: home, TMPDIR: work });
  try {
    const load = createRequire(import.meta.url);
    await build((load('@yao-pkg/pkg/lib-es5/sea.js') as { default: Sea }).default);
  } finally {
    for (const [variable, before] of Object.entries({ HOME, TMPDIR })) {
      if (before === undefined) delete process.env[variable];
      else process.env[variable] = before;
    }
  }
}
