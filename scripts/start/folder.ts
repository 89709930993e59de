import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK = 'lock';
const MADE = [LOCK, 'ports.json', 'hub.yaml', 'sshd'];

/** A reason for which `npm start` cannot go on, in words for the person at the terminal. */
export class StartError extends Error {}

/** Where everything that `npm start` keeps lies. */
export type Folder = {
  root: string;
  file(name: string): string;
};

/**
 * Opens the folder for this process alone, emptied when `reset`. Another `npm start` that lives is told by its process id;
 * what one left behind that was killed is taken over.
 *
 * @returns the folder, and what gives it free again
 */
export function openFolder(root: string, reset: boolean): Folder & Disposable {
  if (reset) refuseOtherFolder(root);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const lock = join(root, LOCK);
  take(lock, root);
  if (reset) {
    for (const name of readdirSync(root)) {
      if (name !== LOCK) rmSync(join(root, name), { recursive: true, force: true });
    }
  }
  return {
    root,
    file: (name) => join(root, name),
    [Symbol.dispose]: () => rmSync(lock, { force: true }),
  };
}

function take(lock: string, root: string): void {
  // Linked when it is whole: a lock is never seen empty.
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, identityOf(process.pid) as string, { mode: 0o600 });
  try {
    while (!linked(mine, lock)) {
      const identity = readFileSync(lock, 'utf8');
      const pid = Number(identity.split(' ')[0]);
      if (identity !== '' && identityOf(pid) === identity) {
        throw new StartError(
          `start in "${root}": process ${pid} runs there already; stop it first (Ctrl-C in its terminal)`,
        );
      }
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(mine);
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** A process by its id and the time of its start, since ids come again; undefined when it does not live. */
function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return `${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** `--reset` removes a whole tree: only one that this command made. */
function refuseOtherFolder(root: string): void {
  const names = existsSync(root) ? readdirSync(root) : [];
  if (names.length > 0 && !names.some((name) => MADE.includes(name))) {
    throw new StartError(`reset "${root}": it was not made by this command; remove it by hand if you mean it`);
  }
}
