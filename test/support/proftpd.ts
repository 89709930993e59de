import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { greets, type Sshd } from '../../scripts/sshd.ts';
import { freePort, until } from './temp.ts';

const PROFTPD = '/usr/sbin/proftpd';
const run = promisify(execFile);

/** Where a server of SFTP is, and how to log in. */
export type SftpServer = Pick<Sshd, 'host' | 'port' | 'user' | 'identityFile' | 'knownHosts'>;

/**
 * Debian's ProFTPD with mod_sftp on loopback, as the current user, with a key of its own. Its SFTP has the extended request `check-file`,
 * and its accounts have no shell. A missing package fails the test.
 */
export async function startProftpd(): Promise<SftpServer & { stop(): Promise<void> }> {
  if (!existsSync(PROFTPD)) throw new Error(`start ${PROFTPD}: install proftpd-core and proftpd-mod-crypto first`);
  const folder = mkdtempSync(join(tmpdir(), 'vigie-test-proftpd-'));
  const [host, port] = ['127.0.0.1', await freePort()];
  const { username: user, uid, gid } = userInfo();
  const group = (await run('id', ['-gn'])).stdout.trim();
  const file = (name: string) => join(folder, name);
  for (const [name, kind] of [
    ['host_key', ['-m', 'PEM', '-t', 'ecdsa']],
    ['id_key', ['-m', 'PEM', '-t', 'ecdsa']],
  ] as const) {
    await run('ssh-keygen', ['-q', '-N', '', '-C', 'vigie', '-f', file(name), ...kind]);
  }
  writeFileSync(file('keys'), (await run('ssh-keygen', ['-e', '-m', 'RFC4716', '-f', file('id_key.pub')])).stdout);
  writeFileSync(file('users'), `${user}:!:${uid}:${gid}::${folder}:/bin/false\n`);
  writeFileSync(file('groups'), `${group}:x:${gid}:\n`);
  for (const name of ['users', 'groups', 'keys']) chmodSync(file(name), 0o600);
  writeFileSync(file('known_hosts'), `[${host}]:${port} ${readFileSync(file('host_key.pub'), 'utf8')}`);
  writeFileSync(
    file('proftpd.conf'),
    [
      'ModulePath /usr/lib/proftpd',
      'LoadModule mod_sftp.c',
      'ServerType standalone',
      `DefaultAddress ${host}`,
      'SocketBindTight on',
      'UseIPv6 off',
      'UseReverseDNS off',
      `Port ${port}`,
      `User ${user}`,
      `Group ${group}`,
      'RootLogin on',
      'UseFtpUsers off',
      'RequireValidShell off',
      'AuthOrder mod_auth_file.c',
      `AuthUserFile ${file('users')}`,
      `AuthGroupFile ${file('groups')}`,
      'WtmpLog off',
      'DelayEngine off',
      'MaxInstances 50',
      'AllowOverwrite on',
      `PidFile ${file('pid')}`,
      `ScoreboardFile ${file('scoreboard')}`,
      `SystemLog ${file('log')}`,
      'SFTPEngine on',
      `SFTPLog ${file('sftp.log')}`,
      `SFTPHostKey ${file('host_key')}`,
      'SFTPAuthMethods publickey',
      `SFTPAuthorizedUserKeys file:${file('keys')}`,
      '',
    ].join('\n'),
  );
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', PROFTPD, '--nodaemon', '--config', file('proftpd.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  const ended = new Promise<void>((done) => server.once('close', () => done()));
  async function stop(): Promise<void> {
    server.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  }
  await until('ProFTPD greets', async () => {
    if (server.exitCode !== null) throw new Error(`start ${PROFTPD}: it ended with ${server.exitCode}: ${said}`);
    return greets(host, port);
  });
  return { host, port, user, identityFile: file('id_key'), knownHosts: file('known_hosts'), stop };
}
