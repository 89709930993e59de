/** What uploads in the bench: the agent's deliverer in a process of its own, OpenSSH's sftp and rclone. */
import { type ChildProcess, execFile, execFileSync, fork, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sshd } from '../../scripts/sshd.ts';
import type { UploadAnswer, UploadOrder } from './upload-child.ts';

const RUN_LIMIT_MS = 600_000;

export type Pictures = { folder: string; size: number; list: UploadOrder['pictures'] };
export type Server = UploadOrder['server'];
/** One way to upload; answers with the seconds that it took. */
export type Way = (into: string) => Promise<number>;

/** Pictures of random bytes in a new folder. */
export function layPictures(folder: string, count: number, size: number): Pictures {
  mkdirSync(folder);
  const list = Array.from({ length: count }, (_, n) => {
    const bytes = randomBytes(size);
    const name = `20260101${String(n).padStart(6, '0')}.jpg`;
    writeFileSync(join(folder, name), bytes);
    return { name, size, localPath: join(folder, name), sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  return { folder, size, list };
}

/** A server as clients address it; `port` where the way to it leads through something else. */
export function serverOf({ host, port: own, user, identityFile, knownHosts }: Sshd, port = own): Server {
  if (port === own) return { host, port, user, identityFile, knownHosts };
  const further = `${knownHosts}.${port}`;
  writeFileSync(further, readFileSync(knownHosts, 'utf8').replaceAll(`:${own} `, `:${port} `));
  return { host, port, user, identityFile, knownHosts: further };
}

/** A process with the launcher's settings, which delivers as the agent does and stays for the next run. */
export function startUploader() {
  const launcher = readFileSync(join(import.meta.dirname, '../../agent/bin/vigie-agent'), 'utf8');
  const settings = /^exec \S+ (--.*) "\$main"/m.exec(launcher)?.[1];
  if (!settings) throw new Error("read the agent's launcher: it starts Node without settings");
  const child = fork(join(import.meta.dirname, 'upload-child.ts'), { execArgv: settings.split(' ') });
  child.on('exit', (code) => {
    if (code !== null && code !== 0) throw new Error(`run the uploads: their process ended with ${code}`);
  });
  async function answered<Is extends UploadAnswer['is']>(is: Is): Promise<Extract<UploadAnswer, { is: Is }>> {
    const [answer] = (await once(child, 'message')) as [UploadAnswer];
    if (answer.is === 'failed') throw new Error(answer.why);
    if (answer.is !== is) throw new Error(`run the uploads: "${answer.is}" came instead of "${is}"`);
    return answer as Extract<UploadAnswer, { is: Is }>;
  }
  return {
    async upload(order: UploadOrder): Promise<{ seconds: number; residentBytesMax: number }> {
      child.send(order);
      await answered('ready');
      // What the ledger has just written is no part of what is measured.
      execFileSync('sync');
      const began = performance.now();
      child.send('go');
      const { residentBytesMax } = await answered('done');
      return { seconds: (performance.now() - began) / 1000, residentBytesMax };
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

export async function sftp(server: Server, put: string, from: string, into: string): Promise<number> {
  const known = ['-oStrictHostKeyChecking=yes', `-oUserKnownHostsFile=${server.knownHosts}`, '-oIdentitiesOnly=yes'];
  const began = performance.now();
  const client = spawn(
    'sftp',
    ['-q', ...known, '-i', server.identityFile, '-P', `${server.port}`, '-b', '-', `${server.user}@${server.host}`],
    { stdio: ['pipe', 'ignore', 'inherit'], timeout: RUN_LIMIT_MS },
  );
  client.stdin.end(`lcd ${from}\ncd ${into}\n${put} *.jpg\n`);
  await ended(client, 'sftp');
  return (performance.now() - began) / 1000;
}

/** `more`: further settings of its backend, `,NAME=VALUE`. */
export async function rclone(
  server: Server,
  from: string,
  into: string,
  { more = '', flags = [] as string[] } = {},
): Promise<number> {
  const { host, port, user, identityFile, knownHosts } = server;
  const remote = `:sftp,host=${host},port=${port},user=${user},key_file="${identityFile}",known_hosts_file="${knownHosts}"${more}:${into}`;
  const began = performance.now();
  const client = execFile('rclone', ['copy', '--config', '/dev/null', ...flags, from, remote], {
    timeout: RUN_LIMIT_MS,
  });
  await ended(client, 'rclone');
  return (performance.now() - began) / 1000;
}

async function ended(program: ChildProcess, name: string): Promise<void> {
  const code = await new Promise((done, fail) => program.once('error', fail).once('exit', done));
  if (code !== 0) throw new Error(`run ${name}: it ended with ${code}`);
}

/** Runs each way in turn into fresh folders, several times; the median seconds of each. A figure counts only when everything has arrived. */
export async function compare(
  ways: Record<string, Way>,
  { pictures, folder, runs }: { pictures: Pictures; folder: string; runs: number },
): Promise<Record<string, number>> {
  const seconds = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let run = 0; run < runs; run++) {
    for (const [name, way] of Object.entries(ways)) {
      const into = join(folder, 'destination');
      mkdirSync(into);
      execFileSync('sync');
      seconds.get(name)?.push(await way(into));
      check(into, pictures);
      rmSync(into, { recursive: true });
    }
  }
  return Object.fromEntries([...seconds].map(([name, all]) => [name, median(all)]));
}

function check(into: string, { size, list }: Pictures): void {
  const whole = readdirSync(into, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.jpg') && statSync(join(into, name)).size === size,
  );
  if (whole.length !== list.length)
    throw new Error(`look into "${into}": ${whole.length} files; there should be ${list.length}`);
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
