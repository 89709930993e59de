import { readFile } from 'node:fs/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import { fingerprint, keyType, knownHost } from '@vigie/shared/remote/known-hosts';
import { statusOf } from '@vigie/shared/remote/sftp-errors';
import { OPEN, type Verbs, verbsOn } from '@vigie/shared/remote/sftp-verbs';
import { connectSsh, type SshConnection } from '@vigie/shared/remote/ssh-connection';
import type { SftpConfig } from '@vigie/shared/remote/ssh-login';
import { type Finding, mend, ok, word } from './finding.ts';

export type SftpCheckOptions = {
  config: SftpConfig;
  /** Where each source's pictures go, below the root. */
  folders: readonly string[];
  /** A name that nobody else uses. */
  token: string;
  stallMs: number;
  clock: Clock;
};

/** Opens exclusively: draft-ietf-secsh-filexfer-02, section 6.3. */
const EXCLUSIVE = 32;
const NO_PERMISSION = 3;

/** The way to an SFTP destination, step by step: its key, the login, its root, and whether each source may write there. */
export async function checkSftp(options: SftpCheckOptions, signal: AbortSignal): Promise<Finding[]> {
  const { config, stallMs, clock } = options;
  const { host, port, user, knownHosts } = config;
  let text: string;
  try {
    text = await readFile(knownHosts, 'utf8');
  } catch (error) {
    const what = `the known_hosts file cannot be read: ${messageOf(error)}`;
    return [mend('host-key-file', what, `${scan(config)} # compare its fingerprint on the server itself`)];
  }
  let shown: Buffer | undefined;
  let connection: SshConnection;
  try {
    const onHostKey = (key: Buffer) => {
      shown = key;
    };
    connection = await connectSsh(config, { stallMs, clock, signal, onHostKey });
  } catch (error) {
    signal.throwIfAborted();
    return [notConnected(error, config, shown, text)];
  }
  try {
    const key = shown ? `, and shows the known key ${fingerprint(shown)}` : '';
    const login = ok('sftp-login', `${host}:${port} lets "${user}" in${key}`);
    return [login, ...(await checkFolders(verbsOn(connection.main, signal), options))];
  } finally {
    connection.drop(new VigieError('closed', 'the check has ended'));
  }
}

/** Adds the server's key to the file: the port in brackets is written by ssh-keyscan itself. */
const scan = ({ host, port, knownHosts }: SftpConfig): string =>
  `ssh-keyscan -p ${port} ${word(host)} >> ${word(knownHosts)}`;

function notConnected(error: unknown, config: SftpConfig, shown: Buffer | undefined, text: string): Finding {
  const { host, port, user, identityFile, passwordFile, knownHosts } = config;
  const message = messageOf(error);
  const known = knownHost(text, host, port);
  const has =
    known.fingerprints.length > 0
      ? `"${knownHosts}" has ${known.fingerprints.join(', ')}`
      : `"${knownHosts}" has no key of it`;
  const shows = shown
    ? `${host}:${port} shows ${keyType(shown)} ${fingerprint(shown)}, and ${has}`
    : `${message}; ${has}`;
  const onServer = 'after comparing on the server itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub';
  switch (codeOf(error)) {
    case 'host-key': {
      const name = port === 22 ? host : `[${host}]:${port}`;
      const replace = `ssh-keygen -R ${word(name)} -f ${word(knownHosts)} && ${scan(config)}`;
      if (!shown) return mend('host-key-kind', shows, `${replace} # ${onServer}`);
      switch (known.judge(shown)) {
        case 'unknown':
          return mend('host-key-unknown', shows, `${scan(config)} # ${onServer}`);
        case 'revoked':
          return mend(
            'host-key-revoked',
            shows,
            `grep -n '^@revoked' ${word(knownHosts)} # the server needs a new key: ask who runs it`,
          );
        default:
          return mend('host-key-changed', shows, `${replace} # ${onServer}`);
      }
    }
    case 'authentication': {
      const secret = identityFile ?? passwordFile;
      if (!shown)
        return mend(
          'sftp-secret',
          message,
          secret ? `ls -l ${word(secret)}` : 'Name identityFile or passwordFile in the configuration.',
        );
      const copy = `ssh-copy-id -i ${word(`${identityFile}.pub`)} -p ${port} ${word(`${user}@${host}`)}`;
      const type = `ssh -p ${port} -o UserKnownHostsFile=${word(knownHosts)} ${word(`${user}@${host}`)} # does the password of ${word(passwordFile ?? '')} work by hand?`;
      return mend('sftp-login-refused', message, identityFile ? copy : type);
    }
    case 'unreachable':
      return mend('sftp-unreachable', message, `ping -c 3 ${word(host)} && nc -vz ${word(host)} ${port}`);
    case 'refused':
      return mend('sftp-refused', message, `nc -vz ${word(host)} ${port} # on the server: sudo systemctl status ssh`);
    default:
      return mend(
        'sftp-failed',
        message,
        `sftp -v -P ${port} -o UserKnownHostsFile=${word(knownHosts)} ${word(`${user}@${host}`)}`,
      );
  }
}

async function checkFolders(verbs: Verbs, { config, folders, token }: SftpCheckOptions): Promise<Finding[]> {
  const { host, port, user, root, knownHosts } = config;
  if (!(await verbs.stat(root))?.isDirectory()) {
    const sftp = `sftp -P ${port} -o UserKnownHostsFile=${word(knownHosts)} ${word(`${user}@${host}`)}`;
    const fix = `echo ${word(`mkdir ${root}`)} | ${sftp} # or mount its disk there`;
    return [mend('sftp-root-absent', `"${root}" is no folder at ${host}: it is never made by itself`, fix)];
  }
  const places = await Promise.all(folders.map((folder) => deepest(verbs, root, folder)));
  return Promise.all([...new Set(places)].map((place) => checkWriting(verbs, place, config, token)));
}

/** The folder itself, or the one above it in which it would be made. */
async function deepest(verbs: Verbs, root: string, folder: string): Promise<string> {
  let place = root;
  for (const part of folder.split('/')) {
    const next = `${place}/${part}`;
    if (!(await verbs.stat(next))?.isDirectory()) return place;
    place = next;
  }
  return place;
}

async function checkWriting(verbs: Verbs, place: string, { host, user }: SftpConfig, token: string): Promise<Finding> {
  const name = `${place}/.vigie-doctor-${token}.part`;
  try {
    await verbs.close(await verbs.open(name, OPEN.write | OPEN.create | EXCLUSIVE));
  } catch (error) {
    const status = statusOf(error);
    if (status === undefined) throw error;
    const what = `"${user}" cannot write into "${place}" at ${host}: the server answered "${messageOf(error)}"`;
    if (status === NO_PERMISSION)
      return mend('sftp-not-writable', what, `On the server: sudo chown ${word(user)} ${word(place)}`);
    const free = await verbs.free(place);
    const full = free !== undefined && (free.bytes === 0 || free.files === 0);
    return mend(
      full ? 'sftp-full' : 'sftp-not-writable',
      what,
      `On the server: df -h ${word(place)}; ls -ld ${word(place)}`,
    );
  }
  const removed = await verbs.remove(name);
  const left = removed ? '' : `; it may not remove there: "${name}" is left, empty`;
  return ok('sftp-writable', `"${user}" may write into "${place}"${left}`);
}
