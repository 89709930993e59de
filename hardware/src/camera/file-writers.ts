import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOf } from '@vigie/shared/kit/names';

/**
 * Which of these files a program on this machine has open for writing, as far as /proc tells: an ordinary user sees the open files of
 * the own processes alone. Source: proc(5), `/proc/PID/fd` and `/proc/PID/fdinfo`.
 */
export async function openForWriting(paths: readonly string[], proc = '/proc'): Promise<Set<string>> {
  const found = new Set<string>();
  if (paths.length === 0) return found;
  const wanted = new Map<string, string>();
  for (const path of paths) {
    const real = await orNothing(realpath(bytesOf(path), { encoding: 'buffer' }));
    if (real) wanted.set(real.toString('latin1'), path);
  }
  const pids = ((await orNothing(readdir(proc))) ?? []).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const descriptors = (await orNothing(readdir(join(proc, pid, 'fd')))) ?? [];
    for (const descriptor of descriptors) {
      const target = await orNothing(readlink(join(proc, pid, 'fd', descriptor), { encoding: 'buffer' }));
      const path = target && wanted.get(target.toString('latin1'));
      if (path === undefined || found.has(path)) continue;
      const text = await orNothing(readFile(join(proc, pid, 'fdinfo', descriptor), 'latin1'));
      const flags = Number.parseInt(/^flags:\s*([0-7]+)/m.exec(text ?? '')?.[1] ?? '0', 8);
      // O_WRONLY is 1, O_RDWR is 2.
      if ((flags & 3) !== 0) found.add(path);
    }
  }
  return found;
}

/** Processes end, and others' may not be looked at, while this reads: such a part of /proc tells nothing. */
async function orNothing<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch {
    return undefined;
  }
}
