import { statfs } from 'node:fs/promises';

/** Free and total bytes of the file system that holds a path; free is what an ordinary user may still write. */
export async function diskSpace(path: string): Promise<{ freeBytes: number; totalBytes: number }> {
  const { bsize, bavail, blocks } = await statfs(path);
  return { freeBytes: bsize * bavail, totalBytes: bsize * blocks };
}
