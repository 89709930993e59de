import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createAgentEndpoints } from '@vigie/agent/agent-endpoints';
import { readAgentConfig } from '@vigie/agent/config';
import { type PlannedEndpoint, planOf } from '@vigie/agent/endpoints/changes';
import { endpointsFileIn } from '@vigie/agent/endpoints/endpoints-file';
import { followFile } from '@vigie/agent/endpoints/follow-file';
import { realPath } from '@vigie/agent/endpoints/real-path';
import { createPictureProcess } from '@vigie/agent/process/picture-process';
import { systemClock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import { silentLog } from '@vigie/shared/kit/log';
import { endpointState } from '@vigie/shared/protocol/endpoint-state';
import { openRemote } from '@vigie/shared/remote/open';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { startEndpoints } from './running.ts';

const QUICK = { waitTime: '0ms', settleTime: '60ms', interval: '60ms', result: '', preserve: null, failure: '' };

/** Endpoints on a real disk, whose configuration a test changes as it runs. */
async function rig() {
  const { folder, records, books, endpoints, end, conditionOf } = await startEndpoints();
  const plan = (list: Record<string, unknown>[]): PlannedEndpoint[] => {
    const file = { defaults: { settings: QUICK }, endpoints: list };
    return planOf(endpointsFileIn(folder, realPath).parse(file), []);
  };
  const drop = (endpoint: string, name: string, content: string) => {
    mkdirSync(join(folder, endpoint, 'input'), { recursive: true });
    writeFileSync(join(folder, endpoint, 'input', name), content);
  };
  const files = (path: string) => (existsSync(join(folder, path)) ? readdirSync(join(folder, path)).sort() : []);
  return {
    folder,
    endpoints,
    records,
    books,
    plan,
    drop,
    conditionOf,
    files,
    end,
    apply: (list: Record<string, unknown>[]) => endpoints.apply(plan(list)),
  };
}

const copy = (name: string, more: Record<string, unknown> = {}) => ({
  name,
  path: name,
  operation: { type: 'copy' },
  ...more,
});
const shell = (name: string, script: string, more: Record<string, unknown> = {}) => ({
  name,
  path: name,
  operation: { type: 'exec', program: 'sh', args: ['-c', script, 'sh', '{file}', '{workFolder}', '{name}'] },
  ...more,
});

describe('endpoints', () => {
  test('A08, A10: the folder is made with its trees; a file that was there is kept and taken', async () => {
    const { apply, files, drop, records } = await rig();
    drop('a', 'early.txt', 'early');
    expect(await apply([copy('a'), copy('b')])).toMatchObject({ created: ['a', 'b'] });
    await until('both have their trees', () =>
      ['failure', 'input', 'preserve', 'result', 'stage'].every((tree) => files('b').includes(tree)),
    );
    await until('the early file is done', () => records.length === 1);
    expect(files('a/result')).toEqual(['early.txt']);
    expect(records[0]).toMatchObject({ endpoint: 'a', name: 'early.txt', end: 'result', files: [{ size: 5 }] });
  });

  test('A11: created, changed, removed and created again at run time; nothing is scanned in between, and no job is lost', async () => {
    const { apply, files, drop, records, folder } = await rig();
    const waits = `until [ -e "${folder}/go" ]; do sleep 0.02; done; echo`;
    await apply([shell('a', `${waits} one > "$2/$3"`)]);
    drop('a', 'x.txt', '1');
    await until('its job runs', () => existsSync(join(folder, 'a/stage')) && files('a/stage').length === 1);
    // Another operation, while the job of the first one runs: the job is done by the second.
    expect(await apply([shell('a', 'echo two > "$2/$3"'), copy('b')])).toEqual({
      created: ['b'],
      changed: ['a'],
      removed: [],
      unchanged: [],
    });
    await until('the job has ended', () => records.some(({ end }) => end === 'result'));
    expect(readFileSync(join(folder, 'a/result/x.txt'), 'utf8')).toBe('two\n');
    expect(files('a/stage')).toEqual([]);

    expect(await apply([copy('b')])).toMatchObject({ removed: ['a'], unchanged: ['b'] });
    drop('a', 'y.txt', '2');
    drop('b', 'z.txt', '3');
    await until('the other one works on', () => files('b/result').length === 1);
    expect(files('a/input')).toEqual(['y.txt']);
    // Another name for the same folder.
    await apply([copy('b'), { ...copy('renamed'), path: 'a' }]);
    await until('it is taken up', () => records.some(({ endpoint }) => endpoint === 'renamed'));
    expect(files('a/result')).toEqual(['x.txt', 'y.txt']);
    expect(records.filter(({ end }) => end === 'result').map(({ endpoint, name }) => `${endpoint} ${name}`)).toEqual([
      'a x.txt',
      'b z.txt',
      'renamed y.txt',
    ]);
  });

  test('F08: nothing is scanned before the operation is ready; it says why, is asked again, and holds up nobody', async () => {
    const { apply, files, drop, conditionOf, folder } = await rig();
    const program = join(folder, 'later.sh');
    drop('a', 'x.txt', '1');
    drop('b', 'y.txt', '1');
    await apply([{ ...copy('a'), operation: { type: 'exec', program, args: [] } }, copy('b')]);
    await until('the other one works', () => files('b/result').length === 1);
    expect(conditionOf('a')).toMatchObject({
      state: 'not-ready',
      error: { code: 'not-ready', message: expect.stringContaining(`program "${program}" cannot be run`) },
    });
    expect(files('a')).toEqual(['input']);
    writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    await until('it works', () => files('a/result').length === 1);
    expect(conditionOf('a')).toMatchObject({ state: 'running', error: null });
  });

  test('O02: a root that everybody may write to is refused where that is asked for, and taken up when it is closed', async () => {
    const { apply, files, drop, conditionOf, folder } = await rig();
    for (const name of ['strict', 'mild']) {
      drop(name, 'x.txt', '1');
      chmodSync(join(folder, name), 0o777);
    }
    await apply([copy('strict', { strict: true }), copy('mild')]);
    await until('the mild one works', () => files('mild/result').length === 1);
    expect(conditionOf('strict')).toMatchObject({
      state: 'not-ready',
      error: { code: 'world-writable', hint: expect.stringContaining('chmod o-w') },
    });
    expect(files('strict')).toEqual(['input']);
    chmodSync(join(folder, 'strict'), 0o755);
    await until('the strict one works', () => files('strict/result').length === 1);
  });

  test('a folder that another engine holds is waited for, and taken up when it is let go', async () => {
    const [one, two] = [await rig(), await rig()];
    const shared = { ...copy('a'), path: join(one.folder, 'a') };
    await one.apply([shared]);
    await until('the first has it', () => one.conditionOf('a')?.lastScanAt);
    await two.apply([shared]);
    await until('the second is told', () => two.conditionOf('a')?.error?.code === 'folder-busy');
    await one.end();
    one.drop('a', 'x.txt', '1');
    await until('the second has taken over', () => one.files('a/result').length === 1);
  });

  test('B10: a slow operation and a folder with very many files do not hold up another endpoint', async () => {
    const { apply, files, drop, folder } = await rig();
    mkdirSync(join(folder, 'many/input'), { recursive: true });
    for (let file = 0; file < 2_000; file++) writeFileSync(join(folder, `many/input/${file}.txt`), 'x');
    drop('slow', 'x.txt', '1');
    await apply([copy('many', { settings: { batchSize: 50 } }), shell('slow', 'sleep 30'), copy('quick')]);
    await until('the slow one works', () => files('slow/stage').length === 1);
    for (let round = 0; round < 5; round++) {
      const begun = performance.now();
      drop('quick', `${round}.txt`, '1');
      await until('it is done', () => files('quick/result').length === round + 1);
      expect(performance.now() - begun).toBeLessThan(3_000);
    }
    expect(files('many/input').length).toBeGreaterThan(0);
  });
});

test('an agent tells of its endpoints in its state, as the protocol has it', async () => {
  const folder = await tempFolder();
  const file = join(folder, 'agent.yaml');
  writeFileSync(
    file,
    `
device: cam-1
dataFolder: data
sources: [{ name: garden, camera: { type: test-picture } }]
endpoints:
  - { name: works, path: works, operation: { type: copy } }
  - { name: waits, path: waits, operation: { type: copy, folders: [disk] } }`,
  );
  await using pictures = createPictureProcess({ environment: process.env, clock: systemClock, log: silentLog });
  const stop = new AbortController();
  const endpoints = createAgentEndpoints({
    config: readAgentConfig(file),
    openRemote,
    file: undefined,
    pictures,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  const runs = endpoints.run(stop.signal);
  await until('one works and one waits', () => endpoints.states().some(({ state }) => state === 'running'));
  const told = endpoints.states().map((state) => endpointState.parse(state));
  expect(told).toMatchObject([
    {
      name: 'waits',
      state: 'not-ready',
      error: { code: 'not-ready', message: expect.stringContaining(join(folder, 'disk')) },
    },
    { name: 'works', state: 'running', error: null },
  ]);
  stop.abort();
  await runs;
  expect(existsSync(join(folder, 'works/.vigie-lock'))).toBe(false);
});

describe('following a file', () => {
  async function followed(content: string) {
    const file = join(await tempFolder(), 'folder.yaml');
    writeFileSync(file, content);
    const seen: string[] = [];
    const faults: string[] = [];
    const stop = new AbortController();
    const follows = followFile({
      file,
      text: content,
      async changed(text) {
        if (text.includes('bad')) throw new Error(`cannot use ${text}`);
        seen.push(text);
      },
      faulty: (error) => faults.push(messageOf(error)),
      clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 40), signal) },
    });
    const runs = follows.run(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await runs;
    });
    return { file, seen, faults, follows };
  }

  test('a change is told once; a file that cannot be used, or is gone, is told once and waited for', async () => {
    const { file, seen, faults } = await followed('one');
    writeFileSync(file, 'two');
    await until('the change is seen', () => seen.length === 1);
    writeFileSync(file, 'bad');
    await until('the fault is told', () => faults.length === 1);
    writeFileSync(join(dirname(file), 'new'), 'three');
    renameSync(join(dirname(file), 'new'), file);
    await until('the next one is seen', () => seen.length === 2);
    rmSync(file);
    await until('its absence is told', () => faults.length === 2);
    writeFileSync(file, 'four');
    await until('its return is seen', () => seen.length === 3);
    expect(seen).toEqual(['two', 'three', 'four']);
    expect(faults).toEqual(['cannot use bad', expect.stringContaining('ENOENT')]);
  });

  test('asked for, it is read at once', async () => {
    const { file, seen, follows } = await followed('one');
    writeFileSync(file, 'two');
    follows.reload();
    await until('the change is seen', () => seen.length === 1);
  });
});
