import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type GivenFolderConfig, watchedFolderConfig } from '@vigie/agent/watched-folder/folder-config';
import type { Operation, OperationJob } from '@vigie/agent/watched-folder/operation';
import type { WatchedFolderOptions } from '@vigie/agent/watched-folder/watched-folder';
import type { Log } from '@vigie/shared/kit/log';
import { onTestFinished } from 'vitest';
import { filesBelow } from '../../agent/watched-folder/invariants.ts';
import { rig } from '../../agent/watched-folder/rig.ts';

/**
 * An open watched folder on a real file system (in memory, which is as real and quicker), with settings as they are written down. Where nothing else is said it has the profile `aem`, puts
 * everything directly into its trees, and passes each file on as it is. Nothing is flushed: no test here takes the power away.
 */
export async function yard(given: GivenFolderConfig = {}, over: Partial<Omit<WatchedFolderOptions, 'settings'>> = {}) {
  const settings = watchedFolderConfig.parse({
    profile: 'aem',
    result: '',
    preserve: '',
    failure: '',
    durable: false,
    ...given,
  });
  const made = await rig({ operation: passOn, ...over, folder: over.folder ?? (await memoryFolder()), settings });
  await made.engine.open();
  const at = (path: string) => join(made.folder, path);
  return {
    ...made,
    at,
    /** Writes a file below the root, with the folders to it. */
    async put(path: string, content: string) {
      await mkdir(dirname(at(path)), { recursive: true });
      await writeFile(at(path), content);
    },
    /** The files below a tree, by path; `failure.log` is left out. */
    async kept(tree: string): Promise<Record<string, string>> {
      const files = await filesBelow(at(tree));
      return Object.fromEntries([...files].sort().map(([path, bytes]) => [path, bytes.toString()]));
    },
    /** The paths alone. */
    names: async (tree: string): Promise<string[]> => [...(await filesBelow(at(tree))).keys()].sort(),
    /** Lets what lies in input become ripe and scans once; its jobs are not waited for. */
    async ripeScan() {
      await made.engine.scan();
      made.clock.advance(10_000);
      return made.engine.scan();
    },
  };
}

/** The files of a job are its result, as they are. */
export const passOn: Operation = async ({ file, type, name, files }) => ({
  sound: { ok: true },
  results: type === 'file' ? [{ file, name }] : files.map((path) => ({ file: `${file}/${path}`, name: path })),
});

/** An operation that keeps what it was called with, and passes on. */
export function recorded(inner: Operation = passOn): { operation: Operation; calls: OperationJob[] } {
  const calls: OperationJob[] = [];
  return {
    calls,
    operation(job, signal) {
      calls.push(job);
      return inner(job, signal);
    },
  };
}

/** An operation that waits until it is let go, job by job; `working` has the names of those that wait. */
export function held(inner: Operation = passOn) {
  const gates = new Map<string, () => void>();
  let open = false;
  return {
    working: () => [...gates.keys()].sort(),
    letGo: (name: string) => gates.get(name)?.(),
    letAllGo() {
      open = true;
      for (const go of gates.values()) go();
    },
    operation: (async (job, signal) => {
      if (!open) {
        await new Promise<void>((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason);
          gates.set(job.name, resolve);
          signal.addEventListener('abort', () => reject(signal.reason));
        });
        gates.delete(job.name);
      }
      return inner(job, signal);
    }) satisfies Operation,
  };
}

/** Writes files one after the other, each with a later time of change than the one before. */
export async function writeInOrder(paths: readonly string[]): Promise<void> {
  let last = 0;
  for (const path of paths) {
    for (;;) {
      await writeFile(path, path);
      const { ctimeMs } = await stat(path);
      if (ctimeMs > last) {
        last = ctimeMs;
        break;
      }
      await turn();
    }
  }
}

/** A log that keeps its warnings. */
export function keptLog(): { log: Log; warnings: string[] } {
  const warnings: string[] = [];
  const tell = (first: unknown, text?: unknown) => void warnings.push(String(text ?? first));
  const quiet = () => undefined;
  const log: Log = { debug: quiet, info: quiet, warn: tell, error: tell, child: () => log };
  return { log, warnings };
}

/** A folder on a file system in memory. */
export async function memoryFolder(): Promise<string> {
  const folder = await mkdtemp('/dev/shm/vigie-test-');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
