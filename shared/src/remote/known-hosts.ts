import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One line of a known_hosts file. Source of the format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
type KnownKey = { hosts: string; revoked: boolean; type: string; key: Buffer };

/** What a known_hosts file says about one server. */
export type KnownHost = {
  /** Types of the keys that are known, so that the server is asked for one of these. */
  types: string[];
  /** Fingerprints of the keys that are known, as ssh shows them, each after its type. */
  fingerprints: string[];
  /** `changed` means that other keys are known, but not this one. */
  judge(key: Buffer): 'known' | 'unknown' | 'changed' | 'revoked';
};

/**
 * Finds a server's keys. Hashed names, `[host]:port`, wildcards, negation, several keys and `@revoked` are understood; lines of
 * certificate authorities are left out, since certificates are not used. As ssh does it, a name without a port stands in
 * for another port where no key is known for that port itself.
 */
export function knownHost(text: string, host: string, port: number): KnownHost {
  const lines = text.split('\n').flatMap((line) => parseLine(line) ?? []);
  const plain = host.toLowerCase();
  const exact = lines.filter(({ hosts }) => matches(hosts, port === 22 ? plain : `[${plain}]:${port}`));
  const good = (keys: KnownKey[]) => keys.filter(({ revoked }) => !revoked);
  const byName = lines.filter(({ hosts }) => matches(hosts, plain));
  const trusted = good(exact).length > 0 ? good(exact) : good(byName);
  const revoked = [...exact, ...byName].filter((line) => line.revoked);
  return {
    types: [...new Set(trusted.map(({ type }) => type))],
    fingerprints: trusted.map(({ type, key }) => `${type} ${fingerprint(key)}`),
    judge(key) {
      if (revoked.some((line) => same(line.key, key))) return 'revoked';
      if (trusted.some((line) => same(line.key, key))) return 'known';
      return trusted.length > 0 ? 'changed' : 'unknown';
    },
  };
}

/** A key's fingerprint as ssh shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a public key names itself. */
export function keyType(key: Buffer): string {
  return key.toString('latin1', 4, 4 + (key.length < 4 ? 0 : key.readUInt32BE(0)));
}

function parseLine(line: string): KnownKey | undefined {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  const [hosts, type, key] = words;
  if (!hosts || hosts.startsWith('#') || !type || !key) return undefined;
  if (marker !== undefined && marker !== '@revoked') return undefined;
  return { hosts, revoked: marker === '@revoked', type, key: Buffer.from(key, 'base64') };
}

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) {
    const [, , salt, hash] = hosts.split('|');
    if (!salt || !hash) return false;
    const expected = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
    return same(expected, Buffer.from(hash, 'base64'));
  }
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && wildcard(pattern.slice(1)).test(name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && wildcard(pattern).test(name));
}

function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}

function same(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
