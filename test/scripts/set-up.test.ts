import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { tempFolder } from '../support/temp.ts';

const root = dirname(dirname(import.meta.dirname));
const script = (name: string): string => join(root, 'scripts', name);

test('set-up says and does nothing where nothing is missing', () => {
  const setUp = () => spawnSync(process.execPath, [script('set-up.mjs'), 'test'], { encoding: 'utf8' });
  expect(setUp()).toMatchObject({ status: 0 });
  expect(setUp()).toMatchObject({ stdout: '', stderr: '', status: 0 });
});

test('root installs itself, sudo is used where it asks nothing, everybody else is told the one line to run', async () => {
  const program = script('set-up/debian.mjs');
  const { installer } = await import(program);
  const line = [process.execPath, program, 'rclone', 'chromium'];
  expect(installer(['rclone', 'chromium'], { root: true, sudo: false })).toEqual({
    command: process.execPath,
    args: line.slice(1),
  });
  expect(installer(['rclone', 'chromium'], { root: false, sudo: true })).toEqual({
    command: 'sudo',
    args: ['-n', ...line],
  });
  expect(() => installer(['rclone', 'chromium'], { root: false, sudo: false })).toThrow(`\n  sudo ${line.join(' ')}\n`);
});

test('an installation as root asks apt for the packages alone and starts no server, now or at the next boot', async () => {
  const folder = await tempFolder();
  const [calls, policy] = [join(folder, 'calls'), join(folder, 'policy-rc.d')];
  for (const name of ['apt-get', 'update-rc.d']) {
    writeFileSync(
      join(folder, name),
      `#!/bin/sh\necho "${name} $* policy: $DEBIAN_FRONTEND $('${policy}' 2>&1; echo $?)" >> '${calls}'\n`,
    );
    chmodSync(join(folder, name), 0o755);
  }
  const { installAsRoot } = await import(script('set-up/debian.mjs'));
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  installAsRoot(['openssh-server', 'rclone'], { policy, env });
  const said = readFileSync(calls, 'utf8');
  expect(said).toMatch(/^apt-get update .*policy: noninteractive 101\n/);
  expect(said).toMatch(
    /apt-get .*install .*--no-install-recommends openssh-server rclone policy: noninteractive 101\n/,
  );
  expect(said).toContain('update-rc.d ssh disable');
  expect(existsSync(policy)).toBe(false);

  writeFileSync(policy, '#!/bin/sh\nexit 7\n', { mode: 0o755 });
  installAsRoot(['rclone'], { policy, env });
  expect(readFileSync(calls, 'utf8')).toContain('rclone policy: noninteractive 7');
  expect(existsSync(policy)).toBe(true);
});
