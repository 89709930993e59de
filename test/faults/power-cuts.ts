import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { type Mutant, mutantEnvironment } from '../support/mutant.ts';
import { filesBelow } from '../support/site.ts';
import { tempFolder } from '../support/temp.ts';

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(
      `${command} ${args.join(' ')} (this test needs root, loop devices, e2fsprogs and xfsprogs): ${stderr}`,
    );
  return stdout;
}

/**
 * Cuts the power of an ext4 disk, over and over, while files come in, are filed and delivered on it. The shutdown ioctl drops everything
 * that was not flushed, as a power cut does. Returns what was acknowledged and is not there.
 */
export async function cutPower(count: number, mutant?: Mutant): Promise<string[]> {
  const folder = await tempFolder();
  const image = join(folder, 'disk.img');
  const disk = join(folder, 'disk');
  await mkdir(disk);
  run('truncate', '-s', '256M', image);
  run('mkfs.ext4', '-q', image);
  const mount = () => run('mount', '-o', 'loop', image, disk);
  onTestFinished(() => void spawnSync('umount', ['-l', disk]));

  const acknowledged: [what: string, name: string, digest: string][] = [];
  const wrong: string[] = [];
  for (let cut = 0; cut < count && wrong.length === 0; cut++) {
    mount();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'power-cut-child.ts'), disk], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(mutant && mutantEnvironment(mutant)) },
    });
    const ended = once(child, 'exit');
    // After the cut it complains about a disk that is gone; before it, it has nothing to complain about.
    let complaint = '';
    child.stderr.on('data', (text) => {
      if (powered) complaint += text;
    });
    let powered = true;
    let ready = false;
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      const [what, name, digest] = line.split(' ') as [string, string, string];
      if (what === 'ready') ready = true;
      else if (powered) acknowledged.push([what, name, digest]);
    });
    const before = acknowledged.length;
    const limit = performance.now() + 30_000;
    while ((!ready || acknowledged.length < before + 5) && performance.now() < limit && child.exitCode === null)
      await sleep(10);
    await sleep(Math.random() * 300);
    if (complaint !== '') throw new Error(`the program under test failed before the cut: ${complaint}`);
    // What it prints from now on may have been acknowledged after the cut, on a disk that is gone.
    powered = false;
    run('xfs_io', '-x', '-c', 'shutdown', disk);
    child.kill('SIGKILL');
    await ended;
    run('umount', disk);

    mount();
    const files = new Set([...(await filesBelow(join(disk, 'garden'))).values()]);
    const archive = await filesBelow(join(disk, 'archive'));
    const results = await filesBelow(join(disk, 'garden/result'));
    for (const [what, name, digest] of acknowledged) {
      if (!files.has(digest)) wrong.push(`cut ${cut}: ${what} ${name} is lost`);
      if (what === 'filed' && results.get(name) !== digest) wrong.push(`cut ${cut}: filed ${name} is not in result`);
      if (what === 'verified' && archive.get(name) !== digest)
        wrong.push(`cut ${cut}: verified ${name} is not at the destination`);
    }
    for (const [path, digest] of archive) {
      if (!path.endsWith('.part') && results.get(path) !== digest)
        wrong.push(`cut ${cut}: ${path} is torn at the destination`);
    }
    run('umount', disk);
  }
  // A build that was found out at once has not had the time to acknowledge much.
  if (wrong.length === 0) expect(acknowledged.length).toBeGreaterThan(count);
  return wrong;
}
