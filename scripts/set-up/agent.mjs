// The agent in one file, built when its sources are not those it was built from: it starts in a fifth of the time.
// Its launcher takes the sources instead where one of them is newer.
import { existsSync, mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf, filesBelow, isDone, noteDone, pinnedNode, ROOT, runAlone } from './step.mjs';

const SOURCES = ['agent/src', 'shared/src', 'hardware/src'];
const SCRIPT = fileURLToPath(import.meta.url);
const BUNDLE = join(ROOT, 'agent', 'dist', 'main.js');

export function buildAgent() {
  const begin = new Date();
  const files = SOURCES.flatMap((folder) => filesBelow(folder, []));
  const digest = digestOf([...files, 'pnpm-lock.yaml', 'scripts/set-up/agent.mjs'], ROOT);
  if (!isDone('agent', digest) || !existsSync(BUNDLE)) {
    runAlone('build the agent', pinnedNode(), [SCRIPT]);
    noteDone('agent', digest);
  }
  // What is changed from here on is newer than the bundle.
  utimesSync(BUNDLE, begin, begin);
}

/** Source files name others by their own place: in the bundle those places are told from its folder. */
const ownPlaces = {
  name: 'own-places',
  setup(build) {
    build.onLoad({ filter: /\/(agent|shared|hardware)\/src\/.*\.ts$/ }, async ({ path }) => {
      const place = JSON.stringify(relative(dirname(BUNDLE), path));
      const source = await readFile(path, 'utf8');
      const contents = source
        .replaceAll('import.meta.dirname', `__folderOf(${place})`)
        .replaceAll('import.meta.url', `__urlOf(${place})`);
      return { contents, loader: 'ts' };
    });
  },
};

/** An add-on that a package names by its own place is loaded from there. */
const addOns = {
  name: 'add-ons',
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\/.*\.node$/ }, ({ path, resolveDir }) => ({
      path: relative(dirname(BUNDLE), join(resolveDir, path)),
      external: true,
    }));
  },
};

/** Schemas speak one language here: the library's others are half a megabyte of text. */
const oneLanguage = {
  name: 'one-language',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/** CommonJS packages in the bundle find what they take for granted. */
const PRELUDE = `
import { createRequire as __createRequire } from 'node:module';
import { dirname as __dirnameOf, join as __join } from 'node:path';
import { pathToFileURL as __pathToUrl } from 'node:url';
const require = __createRequire(import.meta.url);
const __dirname = import.meta.dirname;
const __filename = import.meta.filename;
const __folderOf = (place) => __dirnameOf(__join(__dirname, place));
const __urlOf = (place) => __pathToUrl(__join(__dirname, place)).href;
`;

async function bundle() {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['agent/src/main.ts'],
    outfile: BUNDLE,
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Names stay, for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 500,
    external: ['better-sqlite3', '*.node', 'cpu-features'],
    banner: { js: PRELUDE },
    plugins: [ownPlaces, addOns, oneLanguage],
    logLevel: 'warning',
  });
  mkdirSync(dirname(BUNDLE), { recursive: true });
  writeFileSync(`${BUNDLE}.part`, outputFiles[0].contents);
  renameSync(`${BUNDLE}.part`, BUNDLE);
}

if (process.argv[1] === SCRIPT) await bundle();
