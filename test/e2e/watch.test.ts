import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { type Program, startProgram } from '../support/program.ts';
import { tempFolder, until } from '../support/temp.ts';

/** `vigie-agent watch`, started as people do, on folders of its own. */
const QUICK = { waitTime: '0ms', settleTime: '100ms', interval: '100ms', result: '', preserve: null, failure: '' };

async function site() {
  const folder = await tempFolder();
  const file = join(folder, 'folder.yaml');
  const log = join(folder, 'watch.log');
  let program: Program | undefined;
  onTestFinished(async () => program?.kill());
  return {
    folder,
    file,
    path: (...parts: string[]) => join(folder, ...parts),
    configure(endpoints: unknown[], more: object = {}) {
      // As editors do: a new file takes the place of the old one.
      writeFileSync(`${file}.new`, stringify({ defaults: { settings: QUICK }, ...more, endpoints }));
      renameSync(`${file}.new`, file);
    },
    start(...args: string[]): Program {
      program = startProgram('agent', ['watch', '--config', file, ...args], log);
      return program;
    },
    async once(...args: string[]) {
      const out = join(folder, `once-${randomBytes(4).toString('hex')}.log`);
      const run = startProgram('agent', ['watch', '--config', file, '--once', ...args], out);
      await until('it has ended', () => !run.running);
      return { code: await run.stop(), output: await run.output() };
    },
    drop(endpoint: string, name: string, content: string | Buffer) {
      const input = join(folder, endpoint, 'input');
      mkdirSync(input, { recursive: true });
      writeFileSync(join(folder, `.${name}`), content);
      renameSync(join(folder, `.${name}`), join(input, name));
    },
    files: (...parts: string[]) =>
      existsSync(join(folder, ...parts)) ? readdirSync(join(folder, ...parts)).sort() : [],
  };
}

/** upper → slow → out, each handing its results on to the next one's input. */
const chain = (path: (...parts: string[]) => string, pause = '0') => [
  {
    name: 'upper',
    path: 'upper',
    operation: {
      type: 'exec',
      program: 'sh',
      args: ['-c', 'tr a-z A-Z < "$1" > "$2/$3"', 'sh', '{file}', '{workFolder}', '{name}'],
    },
    settings: { result: path('slow/input/'), concurrency: 4 },
  },
  {
    name: 'slow',
    path: 'slow',
    operation: { type: 'exec', program: 'sleep', args: [pause] },
    settings: { result: path('out/input/'), concurrency: 4 },
  },
  { name: 'out', path: 'out', operation: { type: 'copy', folders: ['archive'] } },
];
const linesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{"at"'))
    .map(
      (line) =>
        JSON.parse(line) as {
          endpoint: string;
          name: string;
          end: string;
          reason?: string;
          files: { path: string; sha256: string }[];
        },
    );

test('beside the sources of an agent, endpoints of its file run and follow it', async () => {
  const folder = await tempFolder();
  const file = join(folder, 'agent.yaml');
  const configure = (endpoints: unknown[]) => {
    const sources = [{ name: 'garden', camera: { type: 'test-picture' } }];
    writeFileSync(`${file}.new`, stringify({ device: 'cam-1', dataFolder: 'agent', sources, endpoints }));
    renameSync(`${file}.new`, file);
  };
  const files = (path: string) => (existsSync(join(folder, path)) ? readdirSync(join(folder, path)) : []);
  const drop = (name: string) => {
    mkdirSync(join(folder, name, 'input'), { recursive: true });
    writeFileSync(join(folder, name, 'input', 'x.txt'), 'x');
  };
  const copy = (name: string) => ({ name, path: name, operation: { type: 'copy' }, settings: QUICK });
  configure([copy('a')]);
  drop('a');
  drop('b');
  const agent = startProgram('agent', ['run', '--config', file], join(folder, 'agent.log'));
  onTestFinished(() => agent.kill());
  await until('the endpoint works', () => files('a/result').includes('x.txt'));
  expect(files('agent')).toContain('endpoints.sqlite');
  configure([copy('b')]);
  await until('the new one works', () => files('b/result').includes('x.txt'));
  await agent.printed(/"created":\["b"\],"changed":\[\],"removed":\["a"\]/);
  // The folder of a source is nobody else's.
  configure([{ ...copy('b'), path: 'agent/sources/garden' }]);
  await agent.printed(/the last good configuration stays: .*its folder is that of \\"source garden\\"/);
  expect(await agent.stop()).toBe(0);
});

describe('watch --once', () => {
  test('a chain of three runs until every input is empty; each ended job is a JSON line', async () => {
    const { path, configure, once, drop, files } = await site();
    configure(chain(path));
    mkdirSync(path('archive'));
    for (const name of ['a.txt', '-rf', 'Ünï cödé.txt']) drop('upper', name, `content of ${name}`);
    const { code, output } = await once('--json');
    expect(code).toBe(0);
    expect(files('archive')).toEqual(['-rf', 'a.txt', 'Ünï cödé.txt'].sort());
    expect(readFileSync(path('out/result/a.txt'), 'utf8')).toBe('CONTENT OF A.TXT');
    const records = linesOf(output);
    expect(records.map(({ endpoint, end }) => `${endpoint} ${end}`).sort()).toEqual(
      ['out result', 'slow result', 'upper result'].flatMap((line) => [line, line, line]),
    );
    const last = records.find(({ endpoint, name }) => endpoint === 'out' && name === 'a.txt');
    expect(last?.files).toMatchObject([
      { path: path('out/result/a.txt'), sha256: createHash('sha256').update('CONTENT OF A.TXT').digest('hex') },
    ]);
  });

  test('exit code 1 where a job went to failure, 3 where an operation is not ready, 2 for a fault in the file', async () => {
    const { configure, once, drop, files, path } = await site();
    const failing = { type: 'exec', program: 'sh', args: ['-c', 'echo "no such colour" >&2; exit 4'] };
    configure([{ name: 'a', path: 'a', operation: failing }]);
    drop('a', 'x.txt', '1');
    const failed = await once();
    expect([failed.code, failed.output]).toEqual([
      1,
      expect.stringMatching(/^a: x\.txt → failure .*: "sh" ended with exit code 4: no such colour$/m),
    ]);
    expect(files('a/failure')).toEqual(['failure.log', 'x.txt']);

    configure([{ name: 'a', path: 'a', operation: { type: 'exec', program: path('none') } }]);
    const unready = await once();
    expect([unready.code, unready.output]).toEqual([3, expect.stringContaining('its operation is not ready: program')]);

    configure([
      { name: 'a', path: 'a', operation: { type: 'copy' }, settings: { result: path('b/input/') } },
      { name: 'b', path: 'b', operation: { type: 'copy' }, settings: { result: path('a/input/') } },
    ]);
    const loop = await once();
    expect([loop.code, loop.output]).toEqual([
      2,
      expect.stringMatching(/folder\.yaml:\d+: endpoints\.0: chained in a loop \(a → b → a\)/),
    ]);
  });
});

describe('watch', () => {
  test('endpoints are created, changed and removed while it runs; a faulty file changes nothing', async () => {
    const { path, configure, start, drop, files } = await site();
    const copy = (name: string, more: object = {}) => ({ name, path: name, operation: { type: 'copy' }, ...more });
    configure([copy('a'), copy('b')]);
    const program = start();
    await program.printed(/"endpoints are watched"/);
    drop('a', 'one.txt', '1');
    await until('a works', () => files('a/result').length === 1);

    configure([copy('a', { settings: { result: 'sub/' } }), copy('c')]);
    await program.printed(/"created":\["c"\],"changed":\["a"\],"removed":\["b"\]/);
    drop('b', 'stays.txt', '1');
    drop('a', 'two.txt', '2');
    drop('c', 'three.txt', '3');
    await until('both work', () => files('a/result/sub').length === 1 && files('c/result').length === 1);
    expect(files('b/input')).toEqual(['stays.txt']);

    configure([{ ...copy('a'), operation: { type: 'convert' } }]);
    await program.printed(/the last good configuration stays: .*one of these types is allowed/);
    drop('a', 'four.txt', '4');
    await until('a works on', () => files('a/result/sub').length === 2);

    // At once, with SIGHUP.
    configure([copy('a')]);
    process.kill(program.pid, 'SIGHUP');
    await program.printed(/"created":\[\],"changed":\["a"\],"removed":\["c"\]/);
    expect(await program.stop()).toBe(0);
    expect(existsSync(path('a/.vigie-lock'))).toBe(false);
  });

  test('killed again and again, a chain of three loses nothing and does nothing twice', async () => {
    const { path, configure, start, drop, files } = await site();
    configure(chain(path, '0.02'));
    mkdirSync(path('archive'));
    const names = Array.from({ length: 60 }, (_, index) => `${String(index).padStart(2, '0')}.txt`);
    for (const name of names) drop('upper', name, `content of ${name}`);
    for (let round = 0; round < 4; round++) {
      const program = start();
      // In the middle of the work of all three, at another moment each time.
      await until('it has got further', () => files('archive').length > round * 8 + round);
      await program.kill();
    }
    expect(files('archive').length).toBeLessThan(names.length);
    const program = start();
    await until('all is done', () => files('out/result').length >= names.length && files('out/stage').length === 0);
    expect(await program.stop()).toBe(0);
    for (const place of ['archive', 'out/result']) {
      expect(files(place)).toEqual(names);
      for (const name of names)
        expect(readFileSync(path(place, name), 'utf8')).toBe(`CONTENT OF ${name.toUpperCase()}`);
    }
    for (const endpoint of ['upper', 'slow', 'out']) {
      expect([files(endpoint, 'input'), files(endpoint, 'stage'), files(endpoint, 'failure')]).toEqual([[], [], []]);
    }
  });
});
