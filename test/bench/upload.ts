import { type ChildProcess, execFile, execFileSync, fork, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchRow } from '../../scripts/bench/row.ts';
import { type Sshd, startSshd } from '../../scripts/sshd.ts';
import type { UploadOrder } from './upload-child.ts';

const FILES = 100;
const FILE_BYTES = 4_500_000;
const RUNS = 5;
const RUN_LIMIT_MS = 300_000;

type Picture = UploadOrder['pictures'][number];
type Way = (into: string) => Promise<void>;

/**
 * 100 pictures over loopback SFTP. Ours are flushed to disk twice, hashed on their way and verified by size. `sftp -b` flushes
 * with `put -f` alone and verifies nothing; `rclone copy` never flushes, and verifies by a command on the server, where it
 * may run one. Ours runs with the settings of the agent's launcher. Each way runs in turn into fresh folders, and the median counts.
 */
export async function benchUpload(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vigie-bench-upload-'));
  try {
    const pictures = layPictures(join(folder, 'pictures'));
    // An ordinary server, with a shell: there rclone does what it does by itself, and verifies.
    await using sshd = await startSshd({ folder: join(folder, 'sshd'), shell: true });
    using uploader = startUploader();
    const ways: Record<string, Way> = {
      ours: (into) => uploader.upload({ server: serverOf(sshd), pictures, into, size: FILE_BYTES }),
      'sftp -b, put': (into) => sftp(sshd, 'put', join(folder, 'pictures'), into),
      'sftp -b, put -f': (into) => sftp(sshd, 'put -f', join(folder, 'pictures'), into),
      'rclone copy': (into) => rclone(sshd, '', join(folder, 'pictures'), into),
      'rclone copy, unverified': (into) => rclone(sshd, ',shell_type=none', join(folder, 'pictures'), into),
    };
    const rates = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
    for (let run = 0; run < RUNS; run++) {
      for (const [name, way] of Object.entries(ways)) {
        const into = join(folder, 'destination');
        mkdirSync(into);
        execFileSync('sync');
        const began = performance.now();
        await way(into);
        rates.get(name)?.push((FILES * FILE_BYTES) / 1000 / (performance.now() - began));
        check(into);
        rmSync(into, { recursive: true });
      }
    }
    const rate = (name: string) => median(rates.get(name) as number[]);
    const row = (peer: string, ratio: number | undefined): BenchRow => ({
      what: `upload of ${FILES} × 4.5 MB over loopback SFTP, flushed and verified`,
      unit: 'MB/s',
      ours: rate('ours'),
      peer: { name: peer, value: rate(peer) },
      goal: ratio === undefined ? 'none: it neither flushes nor verifies' : `at least ${ratio} ×`,
      met: rate('ours') >= (ratio ?? 0) * rate(peer),
    });
    return [
      row('sftp -b, put -f', 0.8),
      row('sftp -b, put', 0.8),
      row('rclone copy', 2),
      row('rclone copy, unverified', undefined),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function serverOf({ host, port, user, identityFile, knownHosts }: Sshd): UploadOrder['server'] {
  return { host, port, user, identityFile, knownHosts };
}

function layPictures(folder: string): Picture[] {
  mkdirSync(folder);
  return Array.from({ length: FILES }, (_, n) => {
    const bytes = randomBytes(FILE_BYTES);
    const name = `20260101${String(n).padStart(6, '0')}.jpg`;
    writeFileSync(join(folder, name), bytes);
    return { name, localPath: join(folder, name), sha256: createHash('sha256').update(bytes).digest('hex') };
  });
}

/** A process with the launcher's settings, which uploads as the agent delivers and stays for the next run. */
function startUploader() {
  const launcher = readFileSync(join(import.meta.dirname, '../../agent/bin/vigie-agent'), 'utf8');
  const settings = /^exec \S+ (--.*) "\$main"/m.exec(launcher)?.[1];
  if (!settings) throw new Error("read the agent's launcher: it starts Node without settings");
  const child = fork(join(import.meta.dirname, 'upload-child.ts'), { execArgv: settings.split(' ') });
  child.on('exit', (code) => {
    if (code !== null && code !== 0) throw new Error(`run the uploads: their process ended with ${code}`);
  });
  return {
    async upload(order: UploadOrder): Promise<void> {
      const answer = once(child, 'message');
      child.send(order);
      const [error] = (await answer) as [string | null];
      if (error) throw new Error(error);
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

async function sftp(sshd: Sshd, put: string, from: string, into: string): Promise<void> {
  const known = ['-oStrictHostKeyChecking=yes', `-oUserKnownHostsFile=${sshd.knownHosts}`, '-oIdentitiesOnly=yes'];
  const client = spawn(
    'sftp',
    ['-q', ...known, '-i', sshd.identityFile, '-P', `${sshd.port}`, '-b', '-', `${sshd.user}@${sshd.host}`],
    { stdio: ['pipe', 'ignore', 'inherit'], timeout: RUN_LIMIT_MS },
  );
  client.stdin.end(`lcd ${from}\ncd ${into}\n${put} *.jpg\n`);
  await ended(client, 'sftp');
}

async function rclone(sshd: Sshd, more: string, from: string, into: string): Promise<void> {
  const { host, port, user, identityFile, knownHosts } = sshd;
  const remote = `:sftp,host=${host},port=${port},user=${user},key_file="${identityFile}",known_hosts_file="${knownHosts}"${more}:${into}`;
  await ended(execFile('rclone', ['copy', '--config', '/dev/null', from, remote], { timeout: RUN_LIMIT_MS }), 'rclone');
}

async function ended(program: ChildProcess, name: string): Promise<void> {
  const code = await new Promise((done, fail) => program.once('error', fail).once('exit', done));
  if (code !== 0) throw new Error(`run ${name}: it ended with ${code}`);
}

/** A figure counts only when everything has arrived. */
function check(into: string): void {
  const whole = readdirSync(into).filter((name) => statSync(join(into, name)).size === FILE_BYTES);
  if (whole.length !== FILES) throw new Error(`look into "${into}": ${whole.length} files; there should be ${FILES}`);
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await benchUpload(), null, 2)}\n`);
