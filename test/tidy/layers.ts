import { posix } from 'node:path';
import { isCode, type ProjectFile, type Rule } from './project.ts';

/** `kit ← protocol ← link, remote ← hardware ← agent`, and the same without hardware for the hub. */
const MAY_IMPORT: Record<string, string[]> = {
  kit: [],
  protocol: ['kit'],
  link: ['kit', 'protocol'],
  remote: ['kit', 'protocol'],
  hardware: ['kit', 'protocol'],
  agent: ['kit', 'protocol', 'link', 'remote', 'hardware'],
  hub: ['kit', 'protocol', 'link', 'remote'],
  web: [],
};

/**
 * Folders of one program that lie side by side meet in its root. What may cross all the same: types, and these contracts,
 * which are made to be known elsewhere.
 */
const CONTRACTS = [
  'agent/src/process/step-config.ts',
  'agent/src/watched-folder/books.ts',
  'agent/src/watched-folder/folder-config.ts',
  'agent/src/watched-folder/operation.ts',
  'agent/src/watched-folder/place-pattern.ts',
  'hub/src/http/schema.ts',
  'hub/src/http/services.ts',
];
/** A command joins parts as the root does. */
const ROOTS = /^(agent\/src\/commands|hub\/src\/(commands|check))$/;
/** The database's tables and repositories: the bottom of each program. */
const STORE = /^(agent|hub)\/src\/store\//;

type Import = { from: string; to: string; types: boolean; line: number };

export const layers: Rule = (files) =>
  files
    .filter(isCode)
    .flatMap(importsOf)
    .flatMap(({ from, to, types, line }) => {
      const [here, there] = [layerOf(from), layerOf(to)];
      if (here === undefined || here === there) return [];
      if (there === undefined) {
        return /^(scripts|test)\//.test(to)
          ? [`${from}:${line}: a program imports "${to}"; move what it needs into the layer that owns it`]
          : [];
      }
      if (here === 'web' && there === 'hub') {
        return types ? [] : [`${from}:${line}: the dashboard imports "${to}"; it knows the hub by "import type" alone`];
      }
      if (MAY_IMPORT[here]?.includes(there)) return [];
      return [
        `${from}:${line}: ${here} imports ${there} ("${to}"); only ${MAY_IMPORT[here]?.join(', ') || 'nothing'} is below it`,
      ];
    });

export const siblings: Rule = (files) =>
  files
    .filter(isCode)
    .flatMap(importsOf)
    .flatMap(({ from, to, types, line }) => {
      const [here, there] = [folderOf(from), folderOf(to)];
      if (here === undefined || there === undefined || here === there) return [];
      if (ROOTS.test(here) || types || CONTRACTS.includes(to) || STORE.test(to)) return [];
      return [
        `${from}:${line}: imports "${to}" of a sibling; let the root (agent.ts, hub.ts) pass it in, or import its type`,
      ];
    });

/** `agent/src/deliver` for what lies in it; undefined for the roots and for what is not part of a program's data path. */
function folderOf(path: string): string | undefined {
  return /^((?:agent|hub)\/src\/[^/]+)\/.+/.exec(path)?.[1];
}

function layerOf(path: string): string | undefined {
  const shared = /^shared\/src\/(kit|protocol|link|remote)\//.exec(path)?.[1];
  return shared ?? (path.startsWith('hub/web/') ? 'web' : /^(hardware|agent|hub)\//.exec(path)?.[1]);
}

/** What a file imports from this project, by the path of the file that it names. */
export function importsOf({ path, text }: ProjectFile): Import[] {
  const pattern =
    /(?:^|\n)[ \t]*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].flatMap((match) => {
    const to = resolved(path, (match[2] ?? match[3]) as string);
    if (to === undefined) return [];
    const line = text.slice(0, match.index + match[0].length).split('\n').length;
    return [{ from: path, to, types: match[1] !== undefined, line }];
  });
}

function resolved(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier));
  const [, name, rest] = /^@vigie\/(\w+)\/(.+)$/.exec(specifier) ?? [];
  return name === undefined ? undefined : `${name}/src/${rest}.ts`;
}
