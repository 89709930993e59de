import type { PlannedEndpoint } from './changes.ts';

/**
 * Chains: what one endpoint puts down lies in the input of another. A chain that comes back to where it began would never end.
 */
export type Link = { from: string; to: string; by: 'result' | 'preserve' | 'failure' | 'copy' | 'deliver' };

/** The path that the system knows a folder by, with links resolved as far as it exists. */
export type RealPath = (path: string) => string;

/** What is known of a watched folder: of an endpoint, or of a source, which has no operation of these. */
export type ChainedFolder = Pick<PlannedEndpoint, 'name' | 'path' | 'settings'> &
  Partial<Pick<PlannedEndpoint, 'operation' | 'destinations'>>;

/** Every link between these endpoints. What an `exec` program writes elsewhere cannot be known. */
export function linksOf(endpoints: readonly ChainedFolder[], real: RealPath): Link[] {
  const intakes = endpoints.map((to) => ({ to: to.name, intake: intakeOf(to, real) }));
  return endpoints.flatMap((from) => {
    const places = placesOf(from).map((place) => ({ by: place.by, parts: partsOf(place, real) }));
    return intakes.flatMap(({ to, intake }) => {
      const leading = places.filter(({ parts }) => leadsInto(parts, intake));
      return leading.map(({ by }) => ({ from: from.name, to, by }));
    });
  });
}

/** The first loop, as names from its beginning back to it; undefined where there is none. */
export function loopOf(links: readonly Link[]): string[] | undefined {
  const next = new Map<string, string[]>();
  for (const { from, to } of links) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const follow = (name: string, way: string[]): string[] | undefined => {
    const at = way.indexOf(name);
    if (at >= 0) return [...way.slice(at), name];
    if (done.has(name)) return undefined;
    for (const to of next.get(name) ?? []) {
      const loop = follow(to, [...way, name]);
      if (loop) return loop;
    }
    done.add(name);
    return undefined;
  };
  for (const name of next.keys()) {
    const loop = follow(name, []);
    if (loop) return loop;
  }
  return undefined;
}

/**
 * Two endpoints that would take each other's folders: the same root, or a root where the other one looks for files or keeps its
 * jobs. A root below another one's `result` is a chain, and allowed.
 */
export function overlapOf(
  endpoints: readonly ChainedFolder[],
  real: RealPath,
): { name: string; where: string } | undefined {
  // The later one of two is told: it is what was added.
  const folders = endpoints.map((endpoint) => ({ ...endpoint, path: real(endpoint.path) }));
  for (const outer of folders) {
    for (const inner of folders) {
      if (inner === outer) continue;
      const [path, root] = [inner.path, outer.path];
      const at = (where: string) => ({ name: inner.name, where: `${where} "${outer.name}"` });
      if (path === root) return at('that of');
      const [first] = path.startsWith(`${root}/`) ? path.slice(root.length + 1).split('/') : [];
      if (first === undefined || first === 'result') continue;
      if (TREES.includes(first)) return at(`below the ${first} of`);
      if (outer.settings.intake === 'root') return at('in the root, where files are dropped, of');
    }
  }
  return undefined;
}

/** Where an endpoint puts files down: a pattern below a folder. */
type Place = { by: Link['by']; folder: string; pattern: string };

function placesOf({ path, settings, operation, destinations = [] }: ChainedFolder): Place[] {
  const { result, preserve, failure } = settings;
  const places: Place[] = [
    { by: 'result', folder: `${path}/result`, pattern: result },
    { by: 'failure', folder: `${path}/failure`, pattern: failure },
  ];
  if (preserve !== null) places.push({ by: 'preserve', folder: `${path}/preserve`, pattern: preserve });
  if (operation?.type === 'copy') {
    const { address } = operation;
    places.push(...operation.folders.map((folder) => ({ by: 'copy' as const, folder, pattern: address })));
  }
  if (operation?.type === 'deliver') {
    const { address } = operation;
    const roots = destinations.flatMap((destination) => (destination.type === 'directory' ? [destination.root] : []));
    places.push(...roots.map((folder) => ({ by: 'deliver' as const, folder, pattern: address })));
  }
  return places;
}

/** The folders of a place from the root on. What stands before the first letter is resolved as the system knows it. */
function partsOf({ folder, pattern }: Place, real: RealPath): (string | RegExp)[] {
  const base = pattern.startsWith('/') ? '/' : folder;
  const folders = namesOf(pattern.slice(0, pattern.lastIndexOf('/') + 1));
  const letter = folders.findIndex((name) => name.includes('%'));
  const fixed = letter < 0 ? folders : folders.slice(0, letter);
  return [
    ...namesOf(real(`/${[...namesOf(base), ...fixed].join('/')}`)),
    ...folders.slice(fixed.length).map(matcherOf),
  ];
}

/** Where files are looked for; in a root, the endpoint's own folders are left out. */
type Intake = { folder: string[]; leftOut: readonly string[] };

function intakeOf({ path, settings }: ChainedFolder, real: RealPath): Intake {
  const isRoot = settings.intake === 'root';
  return { folder: namesOf(real(isRoot ? path : `${path}/input`)), leftOut: isRoot ? TREES : [] };
}

/** Can this place lie in the intake, or below it? */
function leadsInto(parts: readonly (string | RegExp)[], { folder, leftOut }: Intake): boolean {
  if (parts.length < folder.length) return false;
  const fits = folder.every((name, at) => {
    const part = parts[at] as string | RegExp;
    return typeof part === 'string' ? part === name : part.test(name);
  });
  const next = parts[folder.length];
  return fits && !(typeof next === 'string' && leftOut.includes(next));
}

/** What a folder name with letters can become. */
function matcherOf(name: string): RegExp {
  const pieces = name.split(/(\.%E|%.)/su).map((piece) => {
    if (piece === '.%E') return '.*';
    const letter = /^%(.)$/su.exec(piece)?.[1];
    return letter === undefined ? RegExp.escape(piece) : (LETTERS[letter] ?? '\\d{2}');
  });
  return new RegExp(`^${pieces.join('')}$`, 'su');
}

const LETTERS: Record<string, string> = {
  Y: '\\d{4}',
  d: '\\d{3}',
  l: '\\d{3}',
  R: '\\d',
  F: '.*',
  E: '.*',
  J: '.*',
  P: '.*',
};
const TREES = ['input', 'stage', 'result', 'preserve', 'failure'];
const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '');
