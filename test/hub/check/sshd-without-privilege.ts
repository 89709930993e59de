import { spawn } from 'node:child_process';
import { greets, type Sshd } from '../../../scripts/sshd.ts';
import { until } from '../../support/temp.ts';

/**
 * Starts a stopped server again, with root's right to read everything taken away: a folder without permissions is then
 * unreadable to root too, as it is to everybody else.
 *
 * @param config the sshd_config that the server was started with
 */
export async function startWithoutPrivilege(sshd: Sshd, config: string): Promise<() => Promise<void>> {
  const isRoot = process.getuid?.() === 0;
  const bounds = isRoot ? ['--bounding-set', '-dac_override,-dac_read_search'] : [];
  const args = [...bounds, '--pdeathsig', 'KILL', '/usr/sbin/sshd', '-D', '-e', '-f', config];
  const child = spawn('setpriv', args, { stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', done));
  await until('the server greets', () => greets(sshd.host, sshd.port), 15_000);
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}
