import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

type Outcome = { code: number; out: string; error: string };

const main = join(import.meta.dirname, '../../../hub/src/main.ts');

/** `vigie-hub user …` in a process of its own, with this on its standard input. */
function run(args: string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, 'user', ...args], { timeout: 30_000 }, (failure, out, error) =>
      resolve({ code: failure ? Number(failure.code) : 0, out, error }),
    );
    child.stdin?.end(input);
  });
}

test('users from the command line, with passwords from standard input', async () => {
  const folder = await tempFolder();
  const config = join(folder, 'hub.yaml');
  const dataFolder = join(folder, 'data');
  await writeFile(config, `dataFolder: ${dataFolder}\nbroker: { type: external, url: mqtt://127.0.0.1 }\n`);
  const user = (args: string[], input?: string) => run([...args, '--config', config], input);

  const added = await user(['add', 'ada@example.org', '--role', 'admin', '--name', 'Ada'], 'correct horse battery\n');
  expect(added).toMatchObject({ code: 0, out: 'ada@example.org is added as admin\n' });
  expect((await stat(join(dataFolder, 'secret'))).mode & 0o777).toBe(0o600);
  const short = await user(['add', 'eve@example.org', '--role', 'viewer'], 'short\n');
  expect([short.code, short.error]).toEqual([2, expect.stringContaining('password:')]);
  expect((await user(['list'])).out).toBe('admin    ada@example.org  Ada\n');
  expect(JSON.parse((await user(['list', '--json'])).out)).toMatchObject([{ role: 'admin' }]);
  expect(await user(['remove', 'ada@example.org'])).toMatchObject({
    code: 3,
    error: expect.stringContaining('last admin'),
  });
  expect((await user(['role', 'eve@example.org', '--role', 'admin'])).error).toContain('there is none');
  expect((await user(['role', 'ada@example.org', '--role', 'king'])).code).toBe(2);
  expect((await user(['dance'])).code).toBe(2);
  expect((await user(['password', 'ada@example.org'], 'another good one\n')).code).toBe(0);
});
