import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const SSHD = '/usr/sbin/sshd';
const START_LIMIT_MS = 15_000;
const STDERR_BYTES_MAX = 8192;

/** A running OpenSSH server that speaks SFTP alone, with a key of its own for the current user. */
export type Sshd = AsyncDisposable & {
  host: string;
  port: number;
  user: string;
  /** The private key that it lets in. */
  identityFile: string;
  /** A known_hosts file with its host key. */
  knownHosts: string;
  /** Process id of the listener; -1 while it is stopped. */
  readonly pid: number;
  /** Kills the listener and every live session, at once; nothing happens when it is stopped already. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same keys; nothing happens while it runs. */
  start(): Promise<void>;
};

/**
 * Starts Debian's sshd on loopback as the current user. Keys and configuration are kept in `folder` and made where
 * missing. It is detached from the terminal, so that Ctrl-C reaches the program that decides the order of stopping, and it
 * dies with this process.
 *
 * `shell` lets clients run commands too, as an ordinary server does; otherwise there is SFTP alone.
 *
 * @throws an Error with sshd's own words when it does not answer within 15 seconds
 */
export async function startSshd(options: { folder: string; port?: number; shell?: boolean }): Promise<Sshd> {
  const folder = resolve(options.folder);
  const host = '127.0.0.1';
  const port = options.port ?? (await freePort(host));
  const user = userInfo().username;
  const identityFile = join(folder, 'id_ed25519');
  const knownHosts = join(folder, 'known_hosts');
  const config = join(folder, 'sshd_config');
  await prepare(folder, host, port, { identityFile, knownHosts, config }, options.shell ?? false);

  let running: { child: ChildProcess; ended: Promise<void> } | undefined;

  async function start(): Promise<void> {
    if (running && running.child.exitCode === null && running.child.signalCode === null) return;
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', SSHD, '-D', '-e', '-f', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_BYTES_MAX);
    });
    let failure: string | undefined;
    const ended = new Promise<void>((done) => {
      child.once('error', (error) => {
        failure = error.message;
        done();
      });
      child.once('exit', (code, signal) => {
        failure = `it ended with ${signal ?? code}`;
        done();
      });
    });
    running = { child, ended };
    const end = performance.now() + START_LIMIT_MS;
    while (!(await greets(host, port))) {
      if (failure === undefined && performance.now() < end) {
        await sleep(10);
        continue;
      }
      await stop();
      const words = stderr.trim() || 'it said nothing';
      throw new Error(`start ${SSHD} on ${host}:${port}: ${failure ?? 'no answer in 15 s'}: ${words}`);
    }
    // What answers must be this very server: another one on its port lets ours end with "address already in use".
    if (failure !== undefined) throw new Error(`start ${SSHD} on ${host}:${port}: ${failure}: ${stderr.trim()}`);
  }

  async function stop(): Promise<void> {
    const { child, ended } = running ?? {};
    running = undefined;
    if (child?.pid === undefined) return;
    // Frozen first, so that no session begins between the look at its children and their end.
    signal(child.pid, 'SIGSTOP');
    for (const pid of [child.pid, ...descendants(child.pid)]) signal(pid, 'SIGKILL');
    await ended;
  }

  await start();
  return {
    host,
    port,
    user,
    identityFile,
    knownHosts,
    get pid() {
      return running?.child.pid ?? -1;
    },
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function prepare(
  folder: string,
  host: string,
  port: number,
  files: { identityFile: string; knownHosts: string; config: string },
  shell: boolean,
): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const hostKey = join(folder, 'host_ed25519');
  const authorized = join(folder, 'authorized_keys');
  for (const key of [hostKey, files.identityFile]) {
    if (!existsSync(key)) {
      await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'vigie', '-f', key]);
    }
  }
  writeFileSync(authorized, readFileSync(`${files.identityFile}.pub`), { mode: 0o600 });
  writeFileSync(files.knownHosts, `[${host}]:${port} ${readFileSync(`${hostKey}.pub`, 'utf8')}`);
  writeFileSync(
    files.config,
    [
      `ListenAddress ${host}:${port}`,
      `HostKey "${hostKey}"`,
      `AuthorizedKeysFile "${authorized}"`,
      'PidFile none',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'AllowTcpForwarding no',
      'X11Forwarding no',
      'MaxStartups 200',
      'MaxSessions 100',
      'LogLevel ERROR',
      'Subsystem sftp internal-sftp',
      ...(shell ? [] : ['ForceCommand internal-sftp']),
      '',
    ].join('\n'),
  );
  // sshd started by root drops its rights in this folder and refuses to start without it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, host, done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** Does an SSH server greet on this port? */
export function greets(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: 2000 });
    const end = (answer: boolean) => {
      socket.destroy();
      done(answer);
    };
    socket.once('data', (bytes) => end(bytes.toString('latin1').startsWith('SSH-')));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Every process below this one: sessions put themselves into groups of their own, so the group does not name them. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (const next = [root]; next.length > 0; ) {
    const below = children.get(next.pop() as number) ?? [];
    found.push(...below);
    next.push(...below);
  }
  return found;
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // The process ended between the two looks.
    return undefined;
  }
}
