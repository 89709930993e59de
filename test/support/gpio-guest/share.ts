import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/**
 * Fills a folder with what the guest runs: copies of these parts of the project, and the shell script `start`. Copies, since a
 * `node_modules` with this machine's add-ons would come before the guest's own.
 */
export async function fillShare(share: string, parts: string[], start: string): Promise<void> {
  for (const part of parts) {
    await mkdir(dirname(join(share, part)), { recursive: true });
    await cp(join(ROOT, part), join(share, part), { recursive: true });
  }
  await writeFile(join(share, 'start'), start);
}
