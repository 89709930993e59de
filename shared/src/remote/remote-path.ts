import { VigieError } from '../kit/errors.ts';
import { bytesOf, printable } from '../kit/names.ts';

const NAME_BYTES_MAX = 255;
const PATH_BYTES_MAX = 4000;

/** Refuses (`path`) what does not lead to a place below the folder: `..`, `.`, empty parts, absolute paths, NUL. */
export function checkPath(path: string): void {
  const bytes = bytesOf(path).length;
  const fault =
    path === '' || path.startsWith('/')
      ? 'it is empty or absolute'
      : path.split('/').some((part) => part === '' || part === '.' || part === '..')
        ? 'it has an empty part, "." or ".."'
        : path.includes('\0') || !path.isWellFormed()
          ? 'it has a character that no file name can have'
          : path.split('/').some((part) => bytesOf(part).length > NAME_BYTES_MAX) || bytes > PATH_BYTES_MAX
            ? `a name is longer than ${NAME_BYTES_MAX} bytes, or the whole than ${PATH_BYTES_MAX}`
            : undefined;
  if (fault !== undefined) {
    throw new VigieError('path', `use path "${printable(path)}": ${fault}; it should lead below the folder`);
  }
}

/** The folder below a root, where `` and `.` mean the root itself. It is refused (`path`) as a path is. */
export function folderBelow(root: string, folder: string): string {
  const parts = folder.replace(/\/+$/, '');
  if (parts === '' || parts === '.') return root;
  checkPath(parts);
  return joined(root, parts);
}

export function joined(folder: string, path: string): string {
  return folder.endsWith('/') ? folder + path : `${folder}/${path}`;
}

/** The path without its last part; `` where it has one part alone. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** A file that is larger than the reader is ready to take. */
export function tooLarge(path: string, size: number, limitBytes: number): VigieError {
  return new VigieError(
    'too-large',
    `read "${printable(path)}": it has ${size} bytes; at most ${limitBytes} are taken`,
  );
}
