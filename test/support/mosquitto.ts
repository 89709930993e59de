import { type ChildProcess, spawn } from 'node:child_process';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, until } from './temp.ts';

export type Mosquitto = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
  /** The process id while it runs. */
  readonly pid: number | undefined;
  /** What it has logged so far. */
  log(): string;
  /** Ends it with a signal and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port; resolves when it takes connections. */
  start(): Promise<void>;
};

/**
 * Debian's Mosquitto on loopback, in a folder of the test's own. Without `users` anybody may enter. `acl` is the text of an
 * access control list; `settings` are further lines of its configuration; with `tls` it speaks TLS with that key and certificate.
 */
export async function startMosquitto(options: {
  folder: string;
  port?: number;
  users?: Record<string, string>;
  acl?: string;
  maxPacketBytes?: number;
  /** Keeps sessions and retained messages on disk over a stop. */
  persistence?: boolean;
  tls?: { certFile: string; keyFile: string };
  settings?: string[];
}): Promise<Mosquitto> {
  const { folder, users, acl, tls } = options;
  const port = options.port ?? (await freePort());
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'log_type all',
    'log_dest stderr',
    `max_packet_size ${options.maxPacketBytes ?? 262_144}`,
    `allow_anonymous ${users === undefined}`,
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    ...(options.persistence
      ? ['persistence true', `persistence_location ${folder}/`, 'autosave_interval 1', 'autosave_on_changes true']
      : ['persistence false']),
    ...(tls ? [`certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`] : []),
    ...(options.settings ?? []),
  ];
  if (users) {
    const file = join(folder, 'passwords');
    await writeFile(
      file,
      Object.entries(users)
        .map(([name, password]) => `${name}:${hashed(password)}\n`)
        .join(''),
    );
    await chmod(file, 0o600);
    lines.push(`password_file ${file}`);
  }
  if (acl !== undefined) {
    const file = join(folder, 'acl');
    await writeFile(file, acl);
    await chmod(file, 0o600);
    lines.push(`acl_file ${file}`);
  }
  await writeFile(configFile, `${lines.join('\n')}\n`);

  let child: ChildProcess | undefined;
  let log = '';
  const start = async () => {
    const started = spawn('/usr/sbin/mosquitto', ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    const failed = once(started, 'error').then(([error]) => error as Error);
    started.stderr?.on('data', (text: Buffer) => {
      log += text;
    });
    await until(`Mosquitto takes connections on port ${port}`, async () => {
      const error = await Promise.race([failed, sleep(0)]);
      if (error) throw new Error(`start Mosquitto: it should be installed from Debian's packages: ${error.message}`);
      if (started.exitCode !== null) throw new Error(`start Mosquitto: it ended with ${started.exitCode}:\n${log}`);
      return accepts(port);
    });
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill(signal);
    const late = setTimeout(() => running.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(late);
  };
  await start();
  return {
    url: `${tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`,
    port,
    get pid() {
      return child?.pid;
    },
    log: () => log,
    stop,
    start,
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** Does something take connections there? */
async function accepts(port: number): Promise<boolean> {
  const socket = createConnection({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A password as Mosquitto's password file has it: PBKDF2 with SHA-512. */
function hashed(password: string): string {
  const salt = randomBytes(12);
  return `$7$101$${salt.toString('base64')}$${pbkdf2Sync(password, salt, 101, 64, 'sha512').toString('base64')}`;
}
