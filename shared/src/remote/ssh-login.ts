import { readFileSync } from 'node:fs';
import ssh2, { type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { messageOf, VigieError } from '../kit/errors.ts';
import { type DestinationConfig, readSecret } from './destination-config.ts';
import { fingerprint, keyType, knownHost } from './known-hosts.ts';

export type SftpConfig = Extract<DestinationConfig, { type: 'sftp' }>;

const HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Name and port as messages quote them. */
export function addressOf({ host, port }: SftpConfig): string {
  return `${host}:${port}`;
}

/** With what this side shows who it is. Files are read at each connection, so that a changed key or password is taken up. */
export function credentials(config: SftpConfig): Pick<ConnectConfig, 'username' | 'privateKey' | 'password'> {
  const { user, identityFile, passwordFile } = config;
  const fail = (what: string, cause?: unknown) =>
    new VigieError('authentication', `log in to ${addressOf(config)} as "${user}": ${what}`, {
      cause,
      hint: 'identityFile names a private key without a passphrase, passwordFile a file with a password.',
    });
  const read = (file: string, how: (file: string) => string) => {
    try {
      return how(file);
    } catch (error) {
      throw fail(`its secret cannot be read: ${messageOf(error)}`, error);
    }
  };
  if (identityFile === undefined && passwordFile === undefined)
    throw fail('neither a key nor a password is configured');
  const privateKey = identityFile && read(identityFile, (file) => readFileSync(file, 'utf8'));
  if (privateKey) {
    const parsed = ssh2.utils.parseKey(privateKey);
    if (parsed instanceof Error || !parsed.isPrivateKey()) {
      const why = parsed instanceof Error ? parsed.message : 'it is a public key';
      throw fail(`"${identityFile}" is no usable private key: ${why}`, parsed);
    }
  }
  return {
    username: user,
    ...(privateKey && { privateKey }),
    ...(passwordFile !== undefined && { password: read(passwordFile, readSecret) }),
  };
}

/** The check of the server's key against the known_hosts file, and after it the reason of a refusal. */
export type HostKeyCheck = {
  /** Kinds of keys to ask for, the known ones first. */
  algorithms: ServerHostKeyAlgorithm[];
  verify(key: Buffer): boolean;
  refusal(): VigieError | undefined;
};

export function hostKeyCheck(config: SftpConfig): HostKeyCheck {
  const { host, port, knownHosts } = config;
  const address = addressOf(config);
  const fail = (what: string, hint: string, cause?: unknown) =>
    new VigieError('host-key', `trust the host key of ${address}: ${what}`, { cause, hint });
  let text: string;
  try {
    text = readFileSync(knownHosts, 'utf8');
  } catch (error) {
    throw fail(messageOf(error), 'knownHosts names a file with the key that the server must show.', error);
  }
  const known = knownHost(text, host, port);
  const types = known.types.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]));
  const first = HOST_KEY_ALGORITHMS.filter((algorithm) => types.includes(algorithm));
  let refusal: VigieError | undefined;
  return {
    algorithms: [...first, ...HOST_KEY_ALGORITHMS.filter((algorithm) => !first.includes(algorithm))],
    verify(key) {
      const shown = `it shows ${keyType(key)} ${fingerprint(key)}`;
      switch (known.judge(key)) {
        case 'known':
          return true;
        case 'unknown':
          refusal = fail(
            `${shown}, and "${knownHosts}" has no key of this server`,
            'Compare the fingerprint on the server itself, then add the key with ssh-keyscan.',
          );
          break;
        case 'revoked':
          refusal = fail(`${shown}, which "${knownHosts}" marks as revoked`, 'This key must never be trusted again.');
          break;
        default:
          refusal = fail(
            `${shown}, and "${knownHosts}" has another one`,
            'The server was set up anew, or something stands between. Compare the fingerprint on the server itself.',
          );
      }
      return false;
    },
    refusal: () => refusal,
  };
}
