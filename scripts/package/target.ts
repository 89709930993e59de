import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ROOT = dirname(dirname(import.meta.dirname));
/** What is made, and what it is made of and kept for the next time. */
export const DIST = join(ROOT, 'dist');
export const CACHE = join(ROOT, 'node_modules', '.cache', 'vigie', 'package');

export const ARCHITECTURES = ['x64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];
export const PROGRAMS = ['agent', 'hub'] as const;
export type ProgramName = (typeof PROGRAMS)[number];

/** How an architecture is named elsewhere: by Debian, and by its tools for binaries. */
export const ELSEWHERE: Record<Architecture, { debian: string; tools: string }> = {
  x64: { debian: 'amd64', tools: 'x86_64-linux-gnu-' },
  arm64: { debian: 'arm64', tools: 'aarch64-linux-gnu-' },
};

/** One build: everything in it goes by these. */
export type Target = { program: ProgramName; arch: Architecture; version: string };

/** `NAME_VERSION_ARCH`, as all files of one build begin. */
export const stemOf = ({ program, arch, version }: Target): string =>
  `vigie-${program}_${version}_${ELSEWHERE[arch].debian}`;

export type Manifest = {
  name: string;
  version: string;
  license?: string;
  optionalDependencies?: Record<string, string>;
};
export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

export const isArchitecture = (name: string): name is Architecture => ARCHITECTURES.includes(name as Architecture);
