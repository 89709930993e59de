import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import { describe, expect, it } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { VIGIE_HUB, vigieHub } from './run.ts';
import { digTooDeep } from './too-deep.ts';

type Tree = Record<string, string>;

async function lay(root: string, tree: Tree): Promise<string> {
  await mkdir(root, { recursive: true });
  for (const [path, text] of Object.entries(tree)) {
    await mkdir(bytesOf(dirname(join(root, path))), { recursive: true });
    await writeFile(bytesOf(`${root}/${path}`), text);
  }
  return root;
}

async function sides(left: Tree, right: Tree): Promise<{ folder: string; left: string; right: string }> {
  const folder = await tempFolder();
  return { folder, left: await lay(`${folder}/left`, left), right: await lay(`${folder}/right`, right) };
}

const DIFFERENT: [Tree, Tree] = [
  { '20261123/same.jpg': 'same', '20261123/gone.jpg': 'gone', '20261123/cut.cr2': 'whole', 'a b/é [1].jpg': '' },
  { '20261123/same.jpg': 'same', '20261123/cut.cr2': 'wh', 'a b/é [1].jpg': '', 'by hand.txt': 'x' },
];

describe('exit codes', () => {
  it('is 0 when both sides agree, of size alone', async () => {
    const { left, right } = await sides({ 'd/a.jpg': 'one' }, { 'd/a.jpg': 'two' });
    const ended = await vigieHub(['check', left, right]);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain(
      'In sync: the one asset matches by name, location and size; no digests were compared.',
    );
  });

  it('is 1 when they differ, and with --digest also by content', async () => {
    const { left, right } = await sides({ 'd/a.jpg': 'one', 'd/b.jpg': 'b' }, { 'd/a.jpg': 'two', 'd/b.jpg': 'b' });
    const ended = await vigieHub(['check', '--digest', '--format', 'ndjson', left, right]);
    expect(ended.code).toBe(1);
    expect(
      ended.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        class: 'corrupt',
        path: 'd/a.jpg',
        sourceSize: 3,
        destinationSize: 3,
        cause: 'same size, but the digest of the content differs',
        action: 'copy-by-hand',
      },
    ]);
  });

  it.each([
    [['check', '--fromat', 'json', '.', '.'], '--format'],
    [['check', '.', 'sftp://user:secret@host/x'], '--password-file'],
    [['chekc', '.', '.'], 'allowed are serve, check'],
    [[], 'no command was given'],
  ])('is 2 for wrong use, saying what is allowed: %j', async (args, words) => {
    const ended = await vigieHub(args);
    expect(ended.code).toBe(2);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain('secret');
    expect(ended.stderr).not.toMatch(/^ +at /m);
  });

  it('is 2 for a file that is no inventory', async () => {
    const { folder, left } = await sides({}, {});
    await writeFile(`${folder}/picture.jpg`, '');
    const ended = await vigieHub(['check', left, `${folder}/picture.jpg`]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('saved inventory (.json or .ndjson');
  });

  it('is 3 for a directory that is not there, and it is not taken for an empty one', async () => {
    const { folder, left } = await sides({}, {});
    for (const args of [
      [left, `${folder}/unmounted`],
      [`${folder}/unmounted`, left],
    ]) {
      const ended = await vigieHub(['check', '--format', 'json', ...args]);
      expect(ended).toMatchObject({ code: 3, stdout: '' });
      expect(ended.stderr).toContain('unmounted');
    }
  });

  it('is 3 when one folder deep inside cannot be read; it is named, and nothing is written', async () => {
    const { folder, left, right } = await sides({ 'ok/a.jpg': 'a' }, { 'ok/a.jpg': 'a' });
    const name = 'n'.repeat(250);
    digTooDeep(right, name);
    const output = `${folder}/report.json`;
    const ended = await vigieHub(['check', '--format', 'json', '--output', output, left, right]);
    execFileSync('rm', ['-rf', right]);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toContain(`read destination ${JSON.stringify(right)}: list folder`);
    expect(ended.stderr).toContain(name);
    await expect(readFile(output)).rejects.toThrow('ENOENT');
  });
});

describe('formats', () => {
  it('writes each of them', async () => {
    const { left, right } = await sides(...DIFFERENT);
    const said = async (format: string) => {
      const ended = await vigieHub(['check', '--format', format, left, right]);
      expect(ended).toMatchObject({ code: 1, stderr: '' });
      return ended.stdout;
    };
    const document = JSON.parse(await said('json'));
    expect(document).toMatchObject({
      state: 'completed',
      source: { count: 4, bytes: 13, byKind: { jpg: { count: 3, bytes: 8 }, raw: { count: 1, bytes: 5 } } },
      destination: { count: 4, bytes: 7 },
      matched: { count: 2, bytes: 4 },
      missing: { count: 1, bytes: 4 },
      extra: { count: 1, bytes: 1 },
      differing: { count: 1, bytes: 5, byKind: { raw: { count: 1, bytes: 5 } } },
      corrupt: { count: 0, bytes: 0 },
      unreadable: { count: 0, bytes: 0 },
    });
    expect(Date.parse(document.completedAt)).toBeGreaterThanOrEqual(Date.parse(document.startedAt));
    expect(await said('csv')).toBe(
      [
        'class,path,source size,destination size,cause,action',
        'differing,20261123/cut.cr2,5,2,"size differs: 5 bytes at the source, 2 at the destination",copy-by-hand',
        'missing,20261123/gone.jpg,4,,not at the destination,copy-by-hand',
        'extra,by hand.txt,,1,not at the source,none-needed',
        '',
      ].join('\r\n'),
    );
    expect(
      (await said('ndjson'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).class),
    ).toEqual(['differing', 'missing', 'extra']);
    expect((await said('combined')).split('\n').sort()).toEqual(
      [
        '',
        '= 20261123/same.jpg',
        '= a b/é [1].jpg',
        '+ 20261123/gone.jpg',
        '* 20261123/cut.cr2',
        '- by hand.txt',
      ].sort(),
    );
    expect(await said('summary')).toMatch(/^missing +1 +4 B +0 +0 B/m);
  });

  it('puts a report into a file, whole, over an older one', async () => {
    const { folder, left, right } = await sides(...DIFFERENT);
    const output = `${folder}/the report.json`;
    await writeFile(output, 'older and longer than it was'.repeat(1000));
    const ended = await vigieHub(['check', '--json', '--output', output, left, right]);
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: '' });
    expect(JSON.parse(await readFile(output, 'utf8')).state).toBe('completed');
  });

  it('writes through a pipe, a device or a link instead of replacing it', async () => {
    const { folder, left, right } = await sides(...DIFFERENT);
    const pipe = `${folder}/pipe`;
    execFileSync('mkfifo', [pipe]);
    const read = readFile(pipe, 'utf8');
    expect((await vigieHub(['check', '--json', '--output', pipe, left, right])).code).toBe(1);
    expect(JSON.parse(await read).state).toBe('completed');
    expect((await lstat(pipe)).isFIFO()).toBe(true);

    // What /dev/stdout is: a link that leads to no name that could be replaced.
    const link = `${folder}/link to standard output`;
    await symlink('/proc/self/fd/1', link);
    const throughPipe = ['-c', '"$0" "$@" | cat', VIGIE_HUB, 'check', '--json', '--output', link, left, right];
    expect(JSON.parse(execFileSync('sh', throughPipe, { encoding: 'utf8' })).state).toBe('completed');
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  it('tells what it can do', async () => {
    expect(await vigieHub(['--help'])).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await vigieHub(['check', '--help']);
    expect(code).toBe(0);
    for (const word of ['--identity', '--known-hosts', 'combined', 'Exit codes: 0 in sync'])
      expect(stdout).toContain(word);
  });
});

describe('what lies in a directory', () => {
  it('names links and pipes as unreadable, follows none, and hides nothing', async () => {
    const { left, right } = await sides(
      { 'a.jpg': 'a', '.hidden/b.part': 'b' },
      { 'a.jpg': 'a', '.hidden/b.part': 'b' },
    );
    await symlink('/etc/passwd', `${left}/link.jpg`);
    await symlink('..', `${left}/.hidden/loop`);
    execFileSync('mkfifo', [`${right}/pipe.jpg`]);
    const ended = await vigieHub(['check', '--format', 'combined', left, right]);
    expect(ended.code).toBe(1);
    expect(ended.stdout.trim().split('\n').sort()).toEqual(
      ['! .hidden/loop', '! link.jpg', '! pipe.jpg', '= .hidden/b.part', '= a.jpg'].sort(),
    );
  });

  it('loses no byte of hostile names, and lets none speak to a terminal', async () => {
    const names = [
      'new\nline.jpg',
      '\u001b[2J.jpg',
      '<img onerror=alert(1)>.jpg',
      '-rf',
      '=1+1',
      ' ',
      nameOf(Buffer.from('66ff2e6a7067', 'hex')),
      'x'.repeat(255),
    ];
    const { left, right } = await sides(Object.fromEntries(names.map((name) => [name, 'x'])), {});
    const { stdout } = await vigieHub(['check', '--format', 'ndjson', left, right]);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).path)
        .sort(),
    ).toEqual([...names].sort());
    const summary = await vigieHub(['check', left, right]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there.
    expect(summary.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(summary.stdout).toContain('new\\x0aline.jpg');
    expect((await vigieHub(['check', left, left])).code).toBe(0);
  });

  it('compares what the filter lets through, and only that', async () => {
    const tree = {
      '20260101/a.jpg': '1',
      '20260102/b.jpg': '2',
      '20260102/b.cr2': '3',
      'raw/20260103/c.cr2': '4',
      'd.jpg': '5',
    };
    const { left, right } = await sides(tree, {});
    const paths = async (...options: string[]) =>
      (await vigieHub(['check', '--format', 'combined', ...options, left, right])).stdout.trim().split('\n').sort();
    expect(await paths('--from', '20260102')).toEqual(['+ 20260102/b.cr2', '+ 20260102/b.jpg', '+ raw/20260103/c.cr2']);
    expect(await paths('--to', '20260101')).toEqual(['+ 20260101/a.jpg']);
    expect(await paths('--kind', 'raw')).toEqual(['+ 20260102/b.cr2', '+ raw/20260103/c.cr2']);
    expect(await paths('--kind', 'raw,jpg', '--path', '20260102/')).toEqual(['+ 20260102/b.cr2', '+ 20260102/b.jpg']);
  });
});

describe('saved inventories', () => {
  it('stand for the side that they were made of, also gzipped', async () => {
    const { folder, left, right } = await sides(...DIFFERENT);
    const said = async (...args: string[]) => (await vigieHub(['check', '--format', 'ndjson', ...args])).stdout;
    const direct = await said(left, right);
    for (const file of [`${folder}/left one.ndjson`, `${folder}/left.ndjson.gz`]) {
      expect(await vigieHub(['inventory', '--digest', '--output', file, left])).toMatchObject({ code: 0, stdout: '' });
      expect(await said(file, right)).toBe(direct);
      expect((await vigieHub(['check', file, left])).code).toBe(0);
    }
    const printed = await vigieHub(['inventory', right]);
    expect(printed.stdout.split('\n')[0]).toBe('{"vigie":"inventory","version":1}');
    expect(printed.stdout.trim().split('\n').at(-1)).toBe('{"vigie":"end","entries":4}');
  });

  it('may be one JSON document', async () => {
    const { folder, right } = await sides({}, { 'a.jpg': 'abc' });
    const entries = [{ path: 'a.jpg', size: 3 }];
    await writeFile(`${folder}/side.json`, JSON.stringify({ vigie: 'inventory', version: 1, entries }, null, 2));
    expect((await vigieHub(['check', `${folder}/side.json`, right])).code).toBe(0);
  });

  it('are refused when they were cut short', async () => {
    const { folder, left } = await sides({ 'a.jpg': 'abc', 'b.jpg': 'abc' }, {});
    const { stdout } = await vigieHub(['inventory', left]);
    await writeFile(`${folder}/side.ndjson`, stdout.split('\n').slice(0, 2).join('\n'));
    const ended = await vigieHub(['check', '--format', 'json', `${folder}/side.ndjson`, left]);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toMatch(/read source ".*side\.ndjson".* cut short after line 2/);
  });

  it('are refused when the gzip is torn', async () => {
    const { folder, left } = await sides({ 'a.jpg': 'abc' }, {});
    const file = `${folder}/side.ndjson.gz`;
    await vigieHub(['inventory', '--output', file, left]);
    await writeFile(file, (await readFile(file)).subarray(0, -9));
    expect(await vigieHub(['check', file, left])).toMatchObject({ code: 3, stdout: '' });
  });
});
