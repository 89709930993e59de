import { execFile } from 'node:child_process';
import { expect, it, onTestFinished } from 'vitest';
import { startSshd } from '../../scripts/sshd.ts';
import { vigieHub } from '../hub/check/run.ts';
import { layRandomTrees, seededRandom } from '../support/random-tree.ts';
import { tempFolder } from '../support/temp.ts';

const FILES = 20_000;

/** `rclone check --combined -`: its list, whatever its exit code says of the differences. */
function rcloneCheck(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done, fail) => {
    const all = ['check', '--config', '/dev/null', '--size-only', '--combined', '-', ...args];
    execFile('rclone', all, { maxBuffer: 64 * 1024 * 1024, timeout: 55_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') fail(new Error(`run rclone: ${error.message}`));
      else done({ code: error === null ? 0 : (error.code as number), stdout, stderr });
    });
  });
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .sort();

it('gives the same set as rclone on a random tree of 20,000 files, directory against SFTP', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  console.info(`seed ${seed}`);
  const folder = await tempFolder();
  const [left, right] = [`${folder}/the left side`, `${folder}/right`];
  const laid = layRandomTrees(left, right, FILES, seededRandom(seed));
  const sshd = await startSshd({ folder: `${folder}/sshd` });
  onTestFinished(() => sshd.stop());

  const rclone = await rcloneCheck([
    left,
    `:sftp,host=${sshd.host},port=${sshd.port},user=${sshd.user},key_file="${sshd.identityFile}",known_hosts_file="${sshd.knownHosts}",shell_type=none:${right}`,
  ]);
  const ours = await vigieHub([
    'check',
    '--format',
    'combined',
    '--identity',
    sshd.identityFile,
    '--known-hosts',
    sshd.knownHosts,
    left,
    `sftp://${sshd.user}@${sshd.host}:${sshd.port}${right}`,
  ]);
  expect(ours).toMatchObject({ code: 1, stderr: '' });
  // The peer must have done its work: an empty list would equal another empty one.
  expect(rclone.stderr).toContain('differences found');
  expect(lines(ours.stdout), `seed ${seed}`).toEqual(lines(rclone.stdout));
  expect(lines(ours.stdout), `seed ${seed}`).toEqual(
    lines(
      [
        ...laid.same.map((path) => `= ${path}`),
        ...laid.missing.map((path) => `+ ${path}`),
        ...laid.extra.map((path) => `- ${path}`),
        ...laid.differing.map((path) => `* ${path}`),
      ].join('\n'),
    ),
  );
}, 120_000);
