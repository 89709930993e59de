import { systemClock } from '@vigie/shared/kit/clock';
import { codeOf } from '@vigie/shared/kit/errors';
import { sftpDestination as configOf } from '@vigie/shared/remote/destination-config';
import { connectSsh } from '@vigie/shared/remote/ssh-connection';
import { expect, onTestFinished, test } from 'vitest';
import { startSshd } from '../../../scripts/sshd.ts';
import { sftpDestination } from '../../support/remote.ts';
import { tempFolder } from '../../support/temp.ts';

async function connected() {
  const sshd = await startSshd({ folder: await tempFolder(), shell: true });
  onTestFinished(() => sshd.stop());
  const config = configOf.parse(sftpDestination(sshd, await tempFolder()));
  const { signal } = new AbortController();
  return await connectSsh(config, { stallMs: 10_000, clock: systemClock, signal });
}

test('one shell runs command after command, each with its own outcome, also when they are asked for together', async () => {
  const connection = await connected();
  const shell = await connection.shell();
  const commands = ['echo one', 'cat < /nonexistent', 'printf two', '(exit 3)', 'echo "ended 99 0"'];
  const outcomes = await Promise.all(commands.map((command) => shell.run(command, 10_000)));
  expect(outcomes.map(({ code }) => code === 0)).toEqual([true, false, true, false, true]);
  expect(outcomes.map(({ output }) => output.trim()).slice(0, 3)).toEqual(['one', '', 'two']);
  expect(outcomes[3]?.code).toBe(3);
  expect(await connection.shell()).toBe(shell);
});

test('a command that does not end in time ends the shell, and the next one gets a new shell', async () => {
  const connection = await connected();
  const shell = await connection.shell();
  const late = [shell.run('sleep 60', 200), shell.run('echo next', 10_000)];
  expect(await Promise.all(late.map((work) => work.catch(codeOf)))).toEqual(['stalled', 'refused']);
  expect(shell.ended).toBe(true);
  const another = await connection.shell();
  expect(await another.run('echo here', 10_000)).toEqual({ code: 0, output: 'here\n' });
  expect(await another.run('yes | head -c 100000', 10_000).catch(codeOf)).toBe('refused');
  expect(await (await connection.shell()).run('exit 7', 10_000).catch(codeOf)).toBe('refused');
});
