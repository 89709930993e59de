import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { ROOT, type Target } from './target.ts';

/** The program's code in one file, and the files of which it was made, relative to the project's folder. */
export type Bundle = { code: Uint8Array; inputs: string[] };

const INSIDE = join(import.meta.dirname, 'inside');
/** Packages that sources load when they need them, by a `require` of their own: here it is told what they may ask for. */
const WHEN_NEEDED = ['epoll', 'koffi', 'onoff'];
const REQUIRE = `const __whenNeeded = (name) => ({ ${WHEN_NEEDED.map((name) => `${name}: () => require('${name}')`).join(', ')} })[name]();\n`;

/** Source files name others by their own place: in the executable those places are among the unpacked contents. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\/(agent|hub|shared|hardware)\/src\/.*\.ts$/ }, async ({ path }) => {
      const place = JSON.stringify(relative(ROOT, path));
      const text = await readFile(path, 'utf8');
      const begin = text.includes('createRequire(import.meta.url)') ? REQUIRE : '';
      const source = text
        .replaceAll('createRequire(import.meta.url)', '__whenNeeded')
        .replaceAll('import.meta.dirname', `__folderOf(${place})`)
        .replaceAll('import.meta.url', `__urlOf(${place})`);
      return { contents: begin + source, loader: 'ts' };
    });
  },
};

/** How each package with an add-on loads it, and what is put there instead: pattern and place among the add-ons. */
const LOADERS: { file: RegExp; call: RegExp; addOn: string }[] = [
  {
    file: /\/gphoto2\/index\.js$/,
    call: /require\(__dirname \+ '\/build\/Release\/gphoto2\.node'\)/,
    addOn: 'gphoto2.node',
  },
  { file: /\/epoll\/epoll\.js$/, call: /require\('bindings'\)\('epoll\.node'\)/, addOn: 'epoll.node' },
  {
    file: /\/ssh2\/lib\/protocol\/crypto\.js$/,
    call: /require\('\.\/crypto\/build\/Release\/sshcrypto\.node'\)/,
    addOn: 'sshcrypto.node',
  },
  {
    file: /\/koffi\/src\/koffi\/index\.c?js$/,
    call: /loadStatic\(pkg\) \?\? loadDynamic2?\([^)]*\)/,
    addOn: 'koffi.node',
  },
  {
    file: /\/better-sqlite3\/lib\/linux-\w+\.js$/,
    call: /require\('\.\.\/prebuilds\/linux-\w+\.node'\)/,
    addOn: 'better-sqlite3.node',
  },
];

const addOns = ({ arch }: Target): Plugin => ({
  name: 'add-ons',
  setup({ onLoad, onResolve, resolve }) {
    onResolve({ filter: /^better-sqlite3$/ }, ({ resolveDir, kind }) =>
      resolve(`better-sqlite3/linux-${arch}`, { resolveDir, kind }),
    );
    for (const { file, call, addOn } of LOADERS) {
      onLoad({ filter: file }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        if (!call.test(source)) {
          throw new Error(
            `pack the add-on "${addOn}": ${relative(ROOT, path)} loads it in another way; look at LOADERS`,
          );
        }
        const contents = source
          .replace(call, `__loadAddOn(${JSON.stringify(addOn)})`)
          // Koffi's list of packages for all systems.
          .replace(/^(import|var) \{ loadStatic \} .*$/m, '');
        return { contents, loader: 'js' };
      });
    }
    // It looks for an add-on of this machine in many places; which one it is was decided here.
    onLoad({ filter: /\/sharp\/dist\/sharp\.mjs$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(join(dirname(path), '../package.json'), 'utf8')) as {
        version: string;
      };
      const file = `@img/sharp-linux-${arch}/lib/sharp-linux-${arch}-${version}.node`;
      return { contents: `export default __loadAddOn(${JSON.stringify(file)});`, loader: 'js' };
    });
  },
});

/** Schemas speak one language here: the library's others are half a megabyte of text. */
const oneLanguage: Plugin = {
  name: 'one-language',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  write: false,
  metafile: true,
  bundle: true,
  platform: 'node',
  target: 'node24',
  // Names stay, for stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 500,
  logLevel: 'warning',
};

/** The whole program as the one script that an executable begins with. */
export const bundleProgram = (target: Target): Promise<Bundle> =>
  bundled({
    ...COMMON,
    entryPoints: [`${target.program}/src/executable.ts`],
    format: 'cjs',
    // Optional, and looked for at run time: ssh2 does without.
    external: ['cpu-features'],
    inject: [join(INSIDE, 'places.ts')],
    define: {
      'import.meta.main': 'false',
      'import.meta.url': '__nowhere',
      'import.meta.dirname': '__nowhereFolder',
    },
    plugins: [ownPlaces, addOns(target), oneLanguage],
  });

/** A thread's code: a file of its own among the contents. */
export const bundleThread = (source: string): Promise<Bundle> =>
  bundled({ ...COMMON, entryPoints: [source], format: 'esm' });

async function bundled(options: BuildOptions): Promise<Bundle> {
  const { outputFiles, metafile } = await build(options);
  const code = outputFiles?.[0]?.contents;
  if (code === undefined || metafile === undefined) throw new Error('bundle: esbuild gave nothing');
  return { code, inputs: Object.keys(metafile.inputs) };
}
