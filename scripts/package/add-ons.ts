import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { binaryPackage, installed, nodePackage } from './npm-packages.ts';
import { type Architecture, ELSEWHERE, type ProgramName, ROOT, readManifest } from './target.ts';
import { run } from './tools.ts';

/** One binary beside the code: where it is, where it lies among the add-ons, and the npm package that it is of. */
export type AddOn = { file: string; place: string; of: { name: string; version: string } };

/** Compiled here, for every architecture alike: there are no binaries of them to be had. */
const COMPILED = {
  gphoto2: {
    owner: ['hardware', 'gphoto2'],
    folder: '.',
    sources: ['autodetect', 'binding', 'camera', 'camera_helpers', 'gphoto'],
    flags: ['-fexceptions'],
    libraries: ['libgphoto2.so.6', 'libgphoto2_port.so.12'],
  },
  epoll: {
    owner: ['hardware', 'onoff', 'epoll'],
    folder: '.',
    sources: ['epoll'],
    flags: ['-fno-exceptions', '-fno-rtti'],
    libraries: [],
  },
  sshcrypto: {
    owner: ['shared', 'ssh2'],
    folder: 'lib/protocol/crypto',
    sources: ['binding'],
    flags: ['-fno-exceptions', '-fno-rtti', '-DOPENSSL_API_COMPAT=0x10100000L', '-DREAL_OPENSSL_MAJOR=3'],
    libraries: [],
  },
};
type Compiled = keyof typeof COMPILED;

/** What node-gyp gives to every add-on. Source: node's own common.gypi and addon.gypi. */
const FLAGS = ['-shared', '-fPIC', '-O3', '-pthread', '-std=gnu++20', '-fno-strict-aliasing', '-w'];
const DEFINES = [
  'USING_UV_SHARED=1',
  'USING_V8_SHARED=1',
  'BUILDING_NODE_EXTENSION',
  '_GLIBCXX_USE_CXX11_ABI=1',
  '_FILE_OFFSET_BITS=64',
  'OPENSSL_NO_PINSHARED',
  'OPENSSL_THREADS',
];

const NEEDED: Record<ProgramName, Compiled[]> = { agent: ['gphoto2', 'epoll', 'sshcrypto'], hub: ['sshcrypto'] };

/** All add-ons of a program; `work` is an empty folder for what is compiled. */
export async function addOnsOf(program: ProgramName, arch: Architecture, work: string): Promise<AddOn[]> {
  const compiled = await Promise.all(NEEDED[program].map((name) => compile(name, arch, work)));
  const ready = [sqlite(program, arch), ...sharp(program, arch), ...(program === 'agent' ? [koffi(arch)] : [])];
  return [...compiled, ...(await Promise.all(ready))];
}

async function compile(name: Compiled, arch: Architecture, work: string): Promise<AddOn> {
  const { owner, folder, sources, flags, libraries } = COMPILED[name];
  const [workspace = '', ...names] = owner;
  const home = await installed(workspace, ...names);
  const nan = await installed('hardware', 'gphoto2', 'nan');
  const node = await nodePackage(arch);
  const { tools } = ELSEWHERE[arch];
  const [file, stubs] = [join(work, `${name}.node`), join(work, `${name}-libraries`)];
  await mkdir(stubs, { recursive: true });
  // The libraries themselves are the machine's where it runs: to link, it is enough to name them.
  for (const library of libraries) {
    const stub = join(stubs, library);
    await writeFile(`${stub}.c`, '');
    await run(`${tools}gcc`, ['-shared', '-nostdlib', `-Wl,-soname,${library}`, '-o', stub, `${stub}.c`]);
  }
  await run(`${tools}g++`, [
    ...FLAGS,
    ...flags,
    // Nothing of this machine's folders in the result.
    `-ffile-prefix-map=${home}=.`,
    `-ffile-prefix-map=${ROOT}=.`,
    ...[`NODE_GYP_MODULE_NAME=${name}`, ...DEFINES].map((define) => `-D${define}`),
    ...[`-I${join(node, 'include/node')}`, `-I${nan}`],
    // After the compiler's own, so that only headers of libraries are taken from there; they are the same for all architectures.
    ...['-idirafter', '/usr/include'],
    ...sources.map((source) => join(home, folder, 'src', `${source}.cc`)),
    ...[
      '-Wl,--no-as-needed',
      `-L${stubs}`,
      ...libraries.map((library) => `-l:${library}`),
      '-Wl,--build-id=none',
      '-s',
    ],
    ...['-o', file],
  ]);
  return { file, place: `${name}.node`, of: readManifest(home) };
}

async function sqlite(program: ProgramName, arch: Architecture): Promise<AddOn> {
  const home = await installed(program, 'better-sqlite3');
  return { file: join(home, `prebuilds/linux-${arch}.node`), place: 'better-sqlite3.node', of: readManifest(home) };
}

async function koffi(arch: Architecture): Promise<AddOn> {
  const home = await binaryPackage(arch, ['hardware', 'koffi'], `@koromix/koffi-linux-${arch}`);
  return { file: join(home, `linux_${arch}/koffi.node`), place: 'koffi.node', of: readManifest(home) };
}

/** The add-on, and the library that it finds by its own place: their folders stay as they are to each other. */
const sharp = (program: ProgramName, arch: Architecture): Promise<AddOn>[] =>
  [`@img/sharp-linux-${arch}`, `@img/sharp-libvips-linux-${arch}`].map(async (name) => {
    const home = await binaryPackage(arch, [program, 'sharp'], name);
    const binary = (await readdir(join(home, 'lib'))).find((file) => /\.node$|\.so\./.test(file)) ?? '';
    return { file: join(home, 'lib', binary), place: `${name}/lib/${basename(binary)}`, of: readManifest(home) };
  });
