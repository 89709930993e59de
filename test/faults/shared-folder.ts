import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { filesBelow } from '../agent/watched-folder/invariants.ts';
import { tempFolder, until } from '../support/temp.ts';

export type SharedRun = {
  /** What is wrong at the end; empty when every file was processed exactly once. */
  wrong: string[];
  /** Ends that the scanners told, by scanner. */
  ends: { result: number; other: number }[];
};

/** Some processes share one folder and take all files that are dropped into it; now and then one is killed and another started. */
export async function shareFolder(options: {
  files: number;
  scanners: number;
  kills: number;
  limitMs: number;
}): Promise<SharedRun> {
  const { files, scanners, kills, limitMs } = options;
  const root = await tempFolder();
  const [folder, books, outside] = [join(root, 'folder'), join(root, 'books'), join(root, 'outside')];
  await mkdir(join(folder, 'input'), { recursive: true });
  await mkdir(outside);

  const ends: SharedRun['ends'] = [];
  let died: string | undefined;
  const checkScanners = () => {
    if (died) throw new Error(died);
  };
  const start = (at: number): ChildProcess => {
    const program = fileURLToPath(new URL('shared-folder-child.ts', import.meta.url));
    const child = spawn(process.execPath, [program, folder, books], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.on('exit', (code) => {
      if (code !== null) died ??= `a scanner ended by itself, with ${code}`;
    });
    ends[at] ??= { result: 0, other: 0 };
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      (ends[at] as { result: number; other: number })[line.startsWith('result ') ? 'result' : 'other'] += 1;
    });
    return child;
  };
  const running = Array.from({ length: scanners }, (_, at) => start(at));

  for (let n = 0; n < files; n++) {
    await writeFile(join(outside, `${n}`), `picture ${n}`);
    await rename(join(outside, `${n}`), join(folder, 'input', `${n}.jpg`));
  }
  for (let kill = 0; kill < kills; kill++) {
    const at = kill % scanners;
    const before = ends.map(({ result }) => result).reduce((sum, count) => sum + count, 0);
    await until(
      'the scanners go on',
      () => {
        checkScanners();
        return ends.map(({ result }) => result).reduce((sum, count) => sum + count, 0) > before + 20;
      },
      limitMs,
    );
    const victim = running[at] as ChildProcess;
    const ended = once(victim, 'exit');
    victim.kill('SIGKILL');
    await ended;
    running[at] = start(at);
  }
  const isEmpty = async (tree: string) => (await readdir(join(folder, tree))).length === 0;
  await until(
    'all is done',
    async () => {
      checkScanners();
      return (await isEmpty('input')) && (await isEmpty('stage'));
    },
    limitMs,
  );
  for (const child of running) child.kill('SIGKILL');

  const results = [...(await filesBelow(join(folder, 'result'))).values()].map(String);
  const wrong: string[] = [];
  const seen = new Set(results);
  if (results.length !== files) wrong.push(`${results.length} results; there should be ${files}`);
  for (let n = 0; n < files; n++) if (!seen.has(`picture ${n}`)) wrong.push(`picture ${n} is lost`);
  for (const [path] of await filesBelow(join(folder, 'failure'))) wrong.push(`false failure: ${path}`);
  return { wrong, ends };
}
