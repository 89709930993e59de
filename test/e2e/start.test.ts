import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { picturesBelow } from '../../scripts/start/pictures.ts';
import { tempFolder, until } from '../support/temp.ts';

const root = dirname(dirname(import.meta.dirname));

/** `npm start` in a folder of its own, its output gathered. */
function start(folder: string, ...args: string[]) {
  const command = [join(root, 'scripts', 'run.mjs'), 'start', '--folder', folder, ...args];
  const child: ChildProcess = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output: () => output, ended };
}

/** Processes whose command line names the folder, but for this one. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').join(' ');
        return words.includes(folder) ? [`${pid} ${words}`] : [];
      } catch (error) {
        if (!['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
        return [];
      }
    });
}

/** The one child of a process. Source: proc(5). */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim());
}

test('npm start runs the main job, is stopped by one signal, and goes on from what it kept', async () => {
  const folder = join(await tempFolder(), 'kept');
  const archive = join(folder, 'archive');
  const first = start(folder);
  await until('the first picture is delivered', () => first.output().includes('First picture delivered'), 60_000);
  const address = /Dashboard\s+(http\S+)/.exec(first.output())?.[1] as string;
  expect(/One-time code\s+(\S+)/.exec(first.output())?.[1]).toMatch(/^[A-Z0-9-]{8,}$/);
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  expect(await (await fetch(address)).text()).toContain('<div id="root">');

  const second = start(folder);
  expect(await second.ended).toBe(3);
  expect(second.output()).toContain('runs there already');

  // As a terminal does it, and the launcher again: the script gets the signal more than once.
  const script = childOf(first.child.pid as number);
  process.kill(script, 'SIGINT');
  first.child.kill('SIGINT');
  expect(await first.ended).toBe(0);
  expect(first.output().match(/stopping …/g)).toHaveLength(1);
  expect(processesOf(folder)).toEqual([]);

  const kept = await picturesBelow(archive);
  expect(kept.length).toBeGreaterThan(0);
  const third = start(folder);
  await until('it goes on', () => third.output().includes(`It goes on from ${kept.length} pictures`), 60_000);
  expect(third.output()).toContain(address);
  await until(
    'a further picture is delivered',
    async () => (await picturesBelow(archive)).length > kept.length,
    60_000,
  );
  third.child.kill('SIGTERM');
  expect(await third.ended).toBe(0);

  const anew = start(folder, '--reset');
  await until('it begins anew', () => anew.output().includes('One-time code'), 60_000);
  for (const picture of kept) expect(existsSync(join(archive, picture))).toBe(false);
  anew.child.kill('SIGTERM');
  expect(await anew.ended).toBe(0);
  expect(processesOf(folder)).toEqual([]);
}, 240_000);

test('a part that dies is told with its last words, and everything else stops', async () => {
  const folder = join(await tempFolder(), 'kept');
  const run = start(folder);
  await until('it runs', () => run.output().includes('Ctrl-C stops'), 60_000);
  const hub = processesOf(folder).find((line) => line.includes('/hub/src/main.ts serve')) as string;
  process.kill(Number(hub.split(' ')[0]), 'SIGKILL');
  expect(await run.ended).toBe(3);
  expect(run.output()).toContain('The hub ended by itself with SIGKILL');
  expect(processesOf(folder)).toEqual([]);
}, 120_000);

test('what is no option, and a configuration that cannot be used, are told with exit code 2', async () => {
  const wrong = start(join(await tempFolder(), 'kept'), '--rest');
  expect(await wrong.ended).toBe(2);
  expect(wrong.output()).toContain('--rest');
});
