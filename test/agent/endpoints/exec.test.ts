import { existsSync, readFileSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createExec } from '@vigie/agent/endpoints/exec';
import { argumentsOf } from '@vigie/agent/endpoints/exec-arguments';
import { type OperationOf, operationConfig } from '@vigie/agent/endpoints/operation-config';
import { systemClock } from '@vigie/shared/kit/clock';
import { describe, expect, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { calm, fileJob, folderJob } from './jobs.ts';

const exec = (over: Record<string, unknown>) =>
  createExec(
    operationConfig.parse({ type: 'exec', program: 'sh', ...over }) as OperationOf<'exec'>,
    { PATH: process.env.PATH, SECRET: 'kept from programs', TZ: 'Europe/Paris' },
    systemClock,
  );
/** A script of `sh`, with the arguments that follow it. */
const sh = (script: string, args: string[] = [], over: Record<string, unknown> = {}) =>
  exec({ args: ['-c', script, 'sh', ...args], ...over });
const alive = (pid: number) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(statusOf(pid));
const statusOf = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH')
      return 'State:\tZ';
    throw error;
  }
};

describe('results', () => {
  test('are what the program leaves in its work folder, by path', async () => {
    const job = await fileJob('a.txt', 'hello');
    const script = 'mkdir "$2/sub"; tr a-z A-Z < "$1" > "$2/sub/$3"; echo more > "$2/b.txt"';
    const { sound, results } = await sh(script, ['{file}', '{workFolder}', '{name}']).run(job, calm);
    expect(sound).toEqual({ ok: true });
    expect(results.map(({ name }) => name)).toEqual(['b.txt', 'sub/a.txt']);
    expect(await readFile(results[1]?.file as string, 'utf8')).toBe('HELLO');
  });

  test('are the original when it leaves nothing; a folder job keeps its places', async () => {
    const job = await fileJob('a.txt', 'hello');
    expect((await exec({ program: 'true' }).run(job, calm)).results).toEqual([{ file: job.file, name: 'a.txt' }]);
    const folder = await folderJob('order', { 'x.txt': '1', 'deep/y.txt': '2' });
    expect((await exec({ program: 'true' }).run(folder, calm)).results).toEqual([
      { file: `${folder.file}/deep/y.txt`, name: 'deep/y.txt' },
      { file: `${folder.file}/x.txt`, name: 'x.txt' },
    ]);
  });

  test('are never links or special files', async () => {
    const job = await fileJob('a.txt', 'hello');
    for (const script of ['ln -s /etc/passwd x', 'mkfifo x', 'mkdir d; ln -s .. d/x']) {
      const { sound } = await sh(script).run(job, calm);
      expect(sound).toMatchObject({
        ok: false,
        reason: expect.stringMatching(/x", which is a link or no regular file/),
      });
    }
  });
});

describe('arguments', () => {
  test.each(['-rf', ';touch hacked', '$(touch hacked)', 'a\nb', `${'é'.repeat(125)}.jpeg`, 'a b "c" \'d\'', '*'])(
    'a name %j is one argument, and no shell reads it',
    async (name) => {
      const job = await fileJob(name, 'content');
      const script = 'cat "$1" > got; printf %s "$2" > name; printf %s "$#" > count; ls "$3" > /dev/null';
      const { sound, results } = await sh(script, ['{file}', 'n={name}', '{workFolder}']).run(job, calm);
      expect(sound).toEqual({ ok: true });
      const content = Object.fromEntries(
        await Promise.all(results.map(async ({ file, name: own }) => [own, await readFile(file, 'utf8')] as const)),
      );
      expect(content).toEqual({ got: 'content', name: `n=${name}`, count: '3' });
    },
  );

  test('no name and no text becomes an option', async () => {
    const job = await fileJob('-rf', '1', { inputs: { text: '-x', number: -5, word: 'a' } });
    expect(argumentsOf(['{name}', '-n{name}', '{input:number}', '{input:word}'], job, '/w')).toEqual({
      args: ['./-rf', '-n-rf', '-5', 'a'],
    });
    expect(argumentsOf(['--', '{name}', '{input:text}'], job, '/w')).toEqual({ args: ['--', '-rf', '-x'] });
    expect(argumentsOf(['{input:text}'], job, '/w')).toMatchObject({ fault: expect.stringContaining('option') });
  });

  test('inputs: documents, lists and maps; what is missing is told', async () => {
    const inputs = {
      one: { document: '/s/a' },
      all: { list: ['/s/a', '/s/b'] },
      map: { map: { a: '/s/a' } },
      big: 2n ** 60n,
    };
    const job = await fileJob('a', '1', { inputs });
    expect(argumentsOf(['-i={input:one}', '{input:all}', '{input:map}', '{input:big}'], job, '/w')).toEqual({
      args: ['-i=/s/a', '/s/a', '/s/b', '/s/a', '1152921504606846976'],
    });
    expect(argumentsOf(['x{input:all}'], job, '/w')).toMatchObject({ fault: expect.stringContaining('"{input:all}"') });
    expect(argumentsOf(['{input:none}'], job, '/w')).toMatchObject({
      fault: expect.stringContaining('one, all, map, big'),
    });
  });

  test('a value that looks like a placeholder is not replaced again', async () => {
    const job = await fileJob('{file}', '1');
    expect(argumentsOf(['x{name}'], job, '/w')).toEqual({ args: ['x{file}'] });
  });

  test('a placeholder that there is not is told when the configuration is read', () => {
    const parsed = operationConfig.safeParse({ type: 'exec', program: 'x', args: ['{"a": {b}}', '{files}'] });
    expect(parsed.error?.issues.map(({ path, message }) => [path.join('.'), message])).toEqual([
      ['args.0', '"{b}" is no placeholder here; allowed: {file} {name} {workFolder} {input:NAME}'],
      ['args.1', '"{files}" is no placeholder here; allowed: {file} {name} {workFolder} {input:NAME}'],
    ]);
  });
});

test('a program gets the variables that are named, and no others', async () => {
  const environment = { keep: ['PATH', 'TZ'], set: { ABOUT: '{name}!' } };
  const { results } = await exec({ program: 'sh', args: ['-c', 'env > seen'], environment }).run(
    await fileJob('a', '1'),
    calm,
  );
  const seen = (await readFile(results[0]?.file as string, 'utf8'))
    .split('\n')
    .filter((line) => !/^(PWD|_|SHLVL|OLDPWD|PATH)=/.test(line));
  expect(seen.sort()).toEqual(['', 'ABOUT=a!', 'TZ=Europe/Paris']);
});

describe('ends', () => {
  test('another exit code is a failure, with the last words', async () => {
    const { sound } = await sh('echo early >&2; echo "no such\tcolour" >&2; exit 3').run(await fileJob('a', '1'), calm);
    expect(sound).toEqual({ ok: false, reason: '"sh" ended with exit code 3: early\\x0ano such\\x09colour' });
  });

  test('configured codes, and a program that cannot be started, are tried again', async () => {
    const job = await fileJob('a', '1');
    await expect(sh('exit 75').run(job, calm)).rejects.toMatchObject({ code: 'program', retryable: true });
    await expect(sh('exit 9', [], { tryAgain: [9] }).run(job, calm)).rejects.toMatchObject({ retryable: true });
    const missing = exec({ program: '/nowhere/program' });
    await expect(missing.run(job, calm)).rejects.toMatchObject({ code: 'program', retryable: true });
    expect(await missing.fault()).toContain('"/nowhere/program" cannot be run');
    expect(await exec({ program: 'no-such-program-1' }).fault()).toContain('it is in no folder of PATH');
    expect(await exec({}).fault()).toBeUndefined();
    const script = join(await tempFolder(), 'script');
    await writeFile(script, '#!/bin/sh\nexit 0\n');
    expect(await exec({ program: script }).fault()).toContain('cannot be run');
    await chmod(script, 0o755);
    expect(await exec({ program: script }).fault()).toBeUndefined();
  });

  test('a signal that ended it is told', async () => {
    const { sound } = await sh('kill -SEGV $$').run(await fileJob('a', '1'), calm);
    expect(sound).toEqual({ ok: false, reason: '"sh" ended with SIGSEGV' });
  });

  test('what takes too long is stopped, with everything that it began, even against its will', async () => {
    const pids = join(await tempFolder(), 'pids');
    const script = `trap '' TERM; sh -c "trap '' TERM; echo \\$\\$ >> ${pids}; sleep 600" & echo $$ >> ${pids}; sleep 600; sleep 600`;
    const operation = sh(script, [], { timeLimit: '700ms', killAfter: '200ms' });
    const begun = performance.now();
    const { sound } = await operation.run(await fileJob('a', '1'), calm);
    expect(sound).toEqual({ ok: false, reason: '"sh" has not ended within 700 ms and was stopped' });
    expect(performance.now() - begun).toBeLessThan(5_000);
    const left = (await readFile(pids, 'utf8')).trim().split('\n').map(Number);
    expect(left).toHaveLength(2);
    await until('all of them are gone', () => !left.some(alive));
  });

  test('a program that ends in order leaves nothing running in its group', async () => {
    const pids = join(await tempFolder(), 'pids');
    const { sound } = await sh(`sleep 600 & echo $! > ${pids}`).run(await fileJob('a', '1'), calm);
    expect(sound).toEqual({ ok: true });
    const left = Number(await readFile(pids, 'utf8'));
    await until('it is gone', () => !alive(left));
  });

  test('a job that is called off ends with the reason, and its program with it', async () => {
    const pids = join(await tempFolder(), 'pids');
    const stop = new AbortController();
    const running = sh(`echo $$ > ${pids}; sleep 600`).run(await fileJob('a', '1'), stop.signal);
    await until('it runs', () => existsSync(pids));
    stop.abort(new Error('the engine stops'));
    await expect(running).rejects.toThrow('the engine stops');
    await until('it is gone', async () => !alive(Number(await readFile(pids, 'utf8'))));
  });

  test('a flood of output is read to its end and not kept', async () => {
    const before = process.memoryUsage.rss();
    const { sound } = await sh('yes "many words of no use" | head -c 200000000; echo done >&2; exit 1').run(
      await fileJob('a', '1'),
      calm,
    );
    expect(sound).toEqual({ ok: false, reason: '"sh" ended with exit code 1: done' });
    expect(process.memoryUsage.rss() - before).toBeLessThan(150_000_000);
  });
});
