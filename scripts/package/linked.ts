import { type Architecture, ELSEWHERE } from './target.ts';
import { run } from './tools.ts';

/** What binaries ask of a machine's own libraries. */
export type Linked = { libraries: string[]; glibc: string };

/**
 * Debian's package of each library that may be needed; where Debian 13 has another name than Debian 12, both. What is not here is a
 * reason to stop: nobody would install it.
 */
const DEBIAN: Record<string, string> = {
  'ld-linux-aarch64.so.1': 'libc6',
  'ld-linux-x86-64.so.2': 'libc6',
  'libc.so.6': 'libc6',
  'libdl.so.2': 'libc6',
  'libm.so.6': 'libc6',
  'libpthread.so.0': 'libc6',
  'libresolv.so.2': 'libc6',
  'libgcc_s.so.1': 'libgcc-s1',
  'libstdc++.so.6': 'libstdc++6',
  'libatomic.so.1': 'libatomic1',
  'libgphoto2.so.6': 'libgphoto2-6t64 | libgphoto2-6',
  'libgphoto2_port.so.12': 'libgphoto2-port12t64 | libgphoto2-port12',
};

/** Libraries that all these files need and none of them is, and the least version of glibc. */
export async function linkedBy(files: { file: string; name: string }[], arch: Architecture): Promise<Linked> {
  const readelf = `${ELSEWHERE[arch].tools}readelf`;
  const texts = await Promise.all(
    files.map(({ file }) => run(readelf, ['--wide', '--dynamic', '--version-info', file])),
  );
  return linkedIn(
    texts,
    files.map(({ name }) => name),
  );
}

/** Reads what `readelf` says. */
export function linkedIn(texts: string[], carried: string[]): Linked {
  const found = texts.flatMap((text) =>
    [...text.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].map((match) => match[1] as string),
  );
  const versions = texts.flatMap((text) =>
    [...text.matchAll(/\bGLIBC_(\d+)\.(\d+)/g)].map((match) => [Number(match[1]), Number(match[2])] as const),
  );
  const [major, minor] = versions.reduce((most, one) => ((one[0] - most[0] || one[1] - most[1]) > 0 ? one : most), [
    2, 0,
  ] as const);
  const libraries = [...new Set(found)].filter((name) => !carried.includes(name)).sort();
  return { libraries, glibc: `${major}.${minor}` };
}

/** The same as the field `Depends` of a Debian package has it. */
export function dependencies({ libraries, glibc }: Linked): string[] {
  const packages = libraries.map((library) => {
    const name = DEBIAN[library];
    if (name === undefined)
      throw new Error(`depend on "${library}": its Debian package is not known; add it to scripts/package/linked.ts`);
    return name === 'libc6' ? `libc6 (>= ${glibc})` : name;
  });
  return [...new Set(packages)].sort();
}
