/** A camera of type `folder`, by the source it belongs to; `path` is absolute. */
export type FolderCamera = { source: string; path: string; depth: number };

/** A watched folder, by what it is called in messages; `resultIsFree` where others may take files out of its `result`. */
export type OwnFolder = { name: string; path: string; resultIsFree: boolean };

/** The path that the system knows a folder by, with links resolved as far as it exists. */
type RealPath = (path: string) => string;

/**
 * Folder cameras that would take what is not theirs: files that another folder camera takes, or those of a watched folder, which are
 * no new pictures and which nobody else may move. Each fault is told of the later camera, with what it meets.
 */
export function folderFaults(
  cameras: readonly FolderCamera[],
  watched: readonly OwnFolder[],
  real: RealPath,
): { source: string; message: string }[] {
  const seen = cameras.map((camera) => ({ ...camera, path: real(camera.path) }));
  const own = watched.map((folder) => ({ ...folder, path: real(folder.path) }));
  return seen.flatMap((camera, i) => {
    const { source } = camera;
    const other = seen.slice(0, i).find((earlier) => reaches(earlier, camera.path) || reaches(camera, earlier.path));
    if (other) {
      const where = placeOf(camera.path, other.path);
      const message = `it is ${where} the folder that source "${other.source}" takes pictures from: a folder of its own is allowed, which neither of the two looks into`;
      return [{ source, message }];
    }
    const met = own.find((folder) => reaches(camera, folder.path) || isInside(camera.path, folder));
    if (!met) return [];
    const where = placeOf(camera.path, met.path);
    return [
      {
        source,
        message: `it is ${where} the watched folder of ${met.name}: a folder that no other part uses is allowed`,
      },
    ];
  });
}

/** Does this camera look into that folder? It is at or below the camera's own, not too deep, and not hidden. */
function reaches({ path, depth }: Pick<FolderCamera, 'path' | 'depth'>, folder: string): boolean {
  const names = namesBelow(path, folder);
  return names !== undefined && names.length <= depth && !names.some((name) => name.startsWith('.'));
}

function isInside(path: string, folder: OwnFolder): boolean {
  const names = namesBelow(folder.path, path);
  return names !== undefined && !(folder.resultIsFree && names[0] === 'result');
}

/** The names that lead from a folder to another one at or below it; undefined where it lies elsewhere. */
function namesBelow(folder: string, path: string): string[] | undefined {
  if (path === folder) return [];
  const root = folder === '/' ? '/' : `${folder}/`;
  return path.startsWith(root) ? path.slice(root.length).split('/') : undefined;
}

function placeOf(path: string, other: string): string {
  if (path === other) return 'in fact';
  return namesBelow(other, path) ? 'inside' : 'around';
}
