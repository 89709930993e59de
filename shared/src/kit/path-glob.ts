import { globFault, globMatcher } from './glob.ts';

/**
 * A pattern of a path: a glob (`glob.ts`) for each part between its `/`, `**` for any folders, also none. A pattern without a `/` is one of
 * the file's own name, whatever folder it lies in: `*.jpg`, `20261123/**`, `raw/**\/*.dng`.
 */

/** What is wrong with a pattern, with what is allowed; undefined when nothing is. */
export function pathGlobFault(glob: string): string | undefined {
  const parts = glob.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return 'a path has no empty part, no "." and no ".."; patterns such as "*.jpg", "20261123/**", "raw/**/*.dng" are allowed';
  }
  for (const part of parts) {
    const fault = globFault(part);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The test for paths that match a pattern without a fault. */
export function pathGlobMatcher(glob: string): (path: string) => boolean {
  if (!glob.includes('/') && glob !== '**') {
    const test = globMatcher(glob);
    return (path) => test(path.slice(path.lastIndexOf('/') + 1));
  }
  const parts = glob.split('/').map((part) => (part === '**' ? 'any' : globMatcher(part)));
  // A pattern's last `**` is everything below a folder, and a folder is no file.
  if (parts.at(-1) === 'any') parts.push(() => true);
  return (path) => matches(parts, path.split('/'));
}

/** Goes back to the last `**` only, which is enough: an earlier one could not match more. */
function matches(parts: readonly ('any' | ((name: string) => boolean))[], names: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < names.length) {
    const wanted = parts[part];
    if (wanted === 'any') {
      star = part++;
      starAt = at;
    } else if (wanted?.(names[at] as string)) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      part = star + 1;
      at = ++starAt;
    } else return false;
  }
  return part === parts.length;
}
