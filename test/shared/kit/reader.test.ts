import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSlots } from '@vigie/agent/store/slots';
import { expect, onTestFinished, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder, until } from '../../support/temp.ts';

const ROOT = join(import.meta.dirname, '../../..');
const NOON = Date.UTC(2026, 6, 1, 10);

/** Runs a command line whose standard output is a pipe that nobody reads any more; `exec` keeps its process id the shell's. */
function withoutReader(name: 'agent' | 'hub', args: string[], stderr: 'pipe' | 'ignore' = 'pipe') {
  const script = 'exec 3> >(:); wait $!; exec "$0" "$@" >&3';
  return spawn('bash', ['-c', script, join(ROOT, name, 'bin', `vigie-${name}`), ...args], {
    stdio: ['ignore', 'ignore', stderr],
  });
}

async function ending(name: 'agent' | 'hub', args: string[]) {
  const child = withoutReader(name, args);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code, said };
}

/** An agent's configuration, and a ledger with a day of slots. */
async function site() {
  const folder = await tempFolder();
  const { ledger } = await testLedger(folder);
  const row = (minute: number) => ({ at: NOON + minute * 60_000, day: '20260701', code: null, message: null });
  createSlots(ledger, 'garden').fill([{ ...row(0), state: 'delivered' }], NOON);
  const file = join(folder, 'agent.yaml');
  await writeFile(
    file,
    `device: cam-1\ndataFolder: ${folder}\nsources:\n  - name: garden\n    camera: { type: test-picture, width: 64, height: 64 }\n`,
  );
  return { folder, file };
}

test('a command whose reader has gone ends quietly, as a tool does that SIGPIPE has ended', async () => {
  const { folder, file } = await site();
  const quiet = { code: 141, said: '' };
  expect(await ending('agent', ['slots', '--config', file, '--day', '20260701'])).toEqual(quiet);
  expect(await ending('agent', ['check-config', '--json', '--config', file])).toEqual(quiet);
  expect(await ending('agent', ['--help'])).toEqual(quiet);
  expect(await ending('hub', ['--help'])).toEqual(quiet);
  expect(await ending('hub', ['check', '--json', folder, folder])).toEqual(quiet);
});

test('a program that works goes on without a reader', async () => {
  const folder = await tempFolder();
  const file = join(folder, 'endpoints.yaml');
  await mkdir(join(folder, 'out'));
  await writeFile(
    file,
    `endpoints:\n  - name: sort\n    path: ${folder}/sort\n    settings: { waitTime: 0s, settleTime: 0s, interval: 100ms }\n    operation: { type: copy, folders: [${folder}/out], address: "" }\n`,
  );
  const child = withoutReader('agent', ['watch', '--config', file], 'ignore');
  onTestFinished(() => void child.kill('SIGKILL'));
  for (const name of ['a.txt', 'b.txt', 'c.txt']) {
    await until(
      'its folder is there',
      () =>
        writeFile(join(folder, 'sort/input', name), name).then(
          () => true,
          () => false,
        ),
      20_000,
    );
    await until(`${name} is told as a result`, async () => {
      const results = await readdir(join(folder, 'sort/result'), { recursive: true });
      return results.some((path) => path.endsWith(name));
    });
  }
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});
