import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProgram } from '../../scripts/start/program.ts';
import { tempFolder, until } from '../support/temp.ts';

const lives = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');

test('a program’s lines can be waited for, are kept in its log, and its end is told', async () => {
  const log = join(await tempFolder(), 'a.log');
  const program = startProgram('a', ['sh', '-c', 'echo "dashboard: http://x"; echo worse >&2; exit 3'], log);
  expect((await program.line(/dashboard: (\S+)/, 5000))?.[1]).toBe('http://x');
  expect(await program.ended).toBe('exit code 3');
  expect(program.tail().sort()).toEqual(['dashboard: http://x', 'worse']);
  expect(await program.line(/never/, 5000)).toBeUndefined();
  await until('the log is written', () =>
    ['worse', 'dashboard'].every((word) => readFileSync(log, 'utf8').includes(word)),
  );
  expect(await startProgram('a', ['true'], log).ended).toBe('exit code 0');
  expect(readFileSync(`${log}.1`, 'utf8')).toContain('dashboard');
});

test('a line that does not come within the limit is undefined', async () => {
  const program = startProgram('a', ['sleep', '60'], join(await tempFolder(), 'a.log'));
  expect(await program.line(/x/, 20)).toBeUndefined();
  await program.stop(5000);
  expect(await program.ended).toBe('SIGTERM');
});

test('a program that does not stop is killed with its children', async () => {
  const script = 'trap "" TERM; sleep 61 & echo "child $!"; while :; do sleep 1; done';
  const program = startProgram('a', ['sh', '-c', script], join(await tempFolder(), 'a.log'));
  const pid = Number((await program.line(/child (\d+)/, 5000))?.[1]);
  await program.stop(50);
  expect(await program.ended).toBe('SIGKILL');
  await until('the child is gone', () => !lives(pid), 5000);
});

test('a program that is not there says so', async () => {
  const program = startProgram('a', ['vigie-no-such-program'], join(await tempFolder(), 'a.log'));
  expect(await program.ended).toBe('exit code 127');
  expect(program.tail().join()).toContain('vigie-no-such-program');
});
