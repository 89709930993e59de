import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brokerConfig } from '@vigie/hub/commands/broker-config';
import { places } from '@vigie/hub/field/places';
import { type Authority, openAuthority } from '@vigie/hub/identity/authority';
import { systemClock } from '@vigie/shared/kit/clock';
import { onTestFinished } from 'vitest';
import { freePort, tempFolder, until } from './temp.ts';

const run = promisify(execFile);

/** The servers of the field need accounts and drop rights: only root can start them as they are in the field. */
export function mustBeRoot(): void {
  if (process.getuid?.() !== 0) throw new Error('start the servers of the field: the test should be run by root');
}

/** A folder that stands for the root of a server's file system, which other users may look into. */
export async function fieldRoot(): Promise<string> {
  mustBeRoot();
  const folder = await tempFolder();
  await chmod(folder, 0o755);
  return folder;
}

/**
 * In systemd's place: starts `vigie-field` as `vigie-field.path` has it done, whenever there are requests.
 * `env`: what the script is to know of this test.
 */
export function startRootPart(at: ReturnType<typeof places>, env: Record<string, string>): { stop(): Promise<void> } {
  let last: Promise<unknown> = Promise.resolve();
  const again = () => {
    last = last
      .then(() => run(at.rootScript, [], { env: { ...env, PATH: '/usr/sbin:/usr/bin' }, timeout: 20_000 }))
      .catch(console.error);
  };
  const watcher = watch(at.requests, again);
  again();
  return {
    async stop() {
      watcher.close();
      await last;
    },
  };
}

export type FieldBroker = {
  at: ReturnType<typeof places>;
  folder: string;
  authority: Authority;
  port: number;
  /** Where the hub comes in, with its password. */
  url: string;
  password: string;
  log(): string;
  stop(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  /** From here on nobody does what the hub asks of root. */
  stopRootPart(): Promise<void>;
};

/** Debian's Mosquitto with the very files that broker-config has written, installed by its script below a folder. */
export async function startFieldBroker(): Promise<FieldBroker> {
  const folder = await fieldRoot();
  const [port, localPort] = [await freePort(), await freePort()];
  const configFile = join(folder, 'hub.yaml');
  await writeFile(
    configFile,
    `dataFolder: ${folder}/hub\nbroker: { type: external, url: mqtt://127.0.0.1:${localPort} }\n`,
  );
  const prefix = join(folder, 'root');
  const out = join(folder, 'out');
  const place = ['--out', out, '--prefix', prefix, '--hub-user', 'root'];
  await brokerConfig([
    ...['--config', configFile, '--name', '127.0.0.1', '--listen', `127.0.0.1:${port}`, '--local-port', `${localPort}`],
    ...place,
  ]);
  await run('sh', [join(out, 'install.sh'), '--apply']);
  const at = places(prefix);

  // As Debian's own mosquitto.conf ends.
  const main = join(folder, 'mosquitto.conf');
  const lines = [
    'persistence true',
    `persistence_location ${prefix}/var/lib/mosquitto/`,
    'log_dest stderr',
    'log_type all',
  ];
  await writeFile(main, [...lines, `include_dir ${prefix}/etc/mosquitto/conf.d`, ''].join('\n'));
  let child: ChildProcess | undefined;
  let log = '';
  const pidFile = join(folder, 'mosquitto.pid');
  const start = async () => {
    const started = spawn('/usr/sbin/mosquitto', ['-c', main], { stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    started.stderr?.on('data', (text: Buffer) => {
      log += text;
    });
    let failure: Error | undefined;
    started.once('error', (error) => {
      failure = error;
    });
    const from = log.length;
    await until('Mosquitto runs', () => {
      if (failure)
        throw new Error(`start Mosquitto: it should be installed from Debian's packages: ${failure.message}`);
      if (started.exitCode !== null) throw new Error(`start Mosquitto: it ended with ${started.exitCode}:\n${log}`);
      return log.slice(from).includes(' running');
    });
    await writeFile(pidFile, `${started.pid}`);
  };
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill(signal);
    await gone;
  };
  onTestFinished(() => stop('SIGKILL'));
  await start();
  const reload = join(folder, 'reload');
  await writeFile(reload, `#!/bin/sh\nkill -HUP "$(cat ${pidFile})"\n`, { mode: 0o755 });
  const root = startRootPart(at, { VIGIE_RELOAD_BROKER: reload });
  onTestFinished(() => root.stop());
  const authority = await openAuthority({ dataFolder: `${folder}/hub`, clock: systemClock, random: randomBytes });
  const password = (await readFile(at.brokerPassword, 'utf8')).trim();
  return {
    at,
    folder,
    authority,
    port,
    url: `mqtt://127.0.0.1:${localPort}`,
    password,
    log: () => log,
    stop,
    start,
    stopRootPart: root.stop,
  };
}

export type Credentials = { key: string; cert: string; serial: string };

/** A device's key, and a certificate for it by this authority. */
export async function deviceCredentials(folder: string, authority: Authority, device: string): Promise<Credentials> {
  const own = join(folder, `device-${randomBytes(4).toString('hex')}`);
  await mkdir(own);
  const key = join(own, 'key.pem');
  const request = execFileSync(
    'openssl',
    [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-subj',
      `/CN=${device}`,
      '-outform',
      'DER',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const { certificate, serial } = await authority.signDevice(device, request.toString('base64'));
  return { key: await readFile(key, 'utf8'), cert: certificate, serial };
}
