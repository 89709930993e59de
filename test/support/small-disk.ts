import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** Mounts a small disk in memory on a folder, which is made. `options` as for `mount -o`, `size=1m,nr_inodes=100`. */
export function mountSmallDisk(folder: string, options: string): { unmount(): void } {
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount a small disk on ${folder} (this needs root): ${stderr}`);
  return {
    unmount() {
      const done = spawnSync('umount', [folder], { encoding: 'utf8' });
      if (done.status !== 0) throw new Error(`unmount ${folder}: ${done.stderr}`);
    },
  };
}

/** As `mountSmallDisk`, for as long as the test runs. */
export function smallDisk(folder: string, options: string): { unmount(): void } {
  onTestFinished(() => void spawnSync('umount', ['-l', folder]));
  return mountSmallDisk(folder, options);
}
