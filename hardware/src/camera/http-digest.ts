import { createHash } from 'node:crypto';

/**
 * HTTP authentication by a challenge, as a client: basic (RFC 7617) and digest (RFC 7616, and RFC 2069 where a server states no qop).
 */
export type Challenge =
  | { scheme: 'basic'; realm: string }
  | {
      scheme: 'digest';
      realm: string;
      nonce: string;
      opaque: string | undefined;
      algorithm: Algorithm;
      /** The protection that is answered; undefined where the server states none. */
      qop: 'auth' | 'auth-int' | undefined;
      /** The nonce was too old, and not the password wrong. */
      isStale: boolean;
      userhash: boolean;
      utf8: boolean;
      /** As it stands in the challenge: some servers compare it letter by letter. */
      algorithmText: string | undefined;
    };
export type Digest = Extract<Challenge, { scheme: 'digest' }>;
export type Algorithm = (typeof ALGORITHMS)[number];

/** The best first. */
const ALGORITHMS = ['SHA-512-256', 'SHA-512-256-sess', 'SHA-256', 'SHA-256-sess', 'MD5', 'MD5-sess'] as const;

/** The challenges of `WWW-Authenticate` fields that can be answered, the best first. */
export function challengesOf(fields: readonly string[]): Challenge[] {
  return fields
    .flatMap(parse)
    .flatMap(({ scheme, params }) => understood(scheme, params) ?? [])
    .sort((a, b) => rank(a) - rank(b));
}

/** The value of `Authorization` for one request; `count` is the number of requests with this nonce, from 1. */
export function answer(
  challenge: Challenge,
  request: { method: string; uri: string; user: string; password: string; count: number; clientNonce: string },
): string {
  const { method, uri, user, password, count, clientNonce } = request;
  if (challenge.scheme === 'basic') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const { realm, nonce, opaque, algorithm, algorithmText, qop } = challenge;
  const hash = (text: string) => createHash(HASHES[algorithm]).update(text, 'utf8').digest('hex');
  const own = hash(`${user}:${realm}:${password}`);
  const first = algorithm.endsWith('-sess') ? hash(`${own}:${nonce}:${clientNonce}`) : own;
  // The body of a GET is empty, and so is what auth-int protects of it.
  const second = hash(qop === 'auth-int' ? `${method}:${uri}:${hash('')}` : `${method}:${uri}`);
  const nc = count.toString(16).padStart(8, '0');
  const response = hash(
    qop ? `${first}:${nonce}:${nc}:${clientNonce}:${qop}:${second}` : `${first}:${nonce}:${second}`,
  );
  const parts = [
    ...nameParts(challenge, user, hash),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
    ...(algorithmText === undefined ? [] : [`algorithm=${algorithmText}`]),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(qop || algorithm.endsWith('-sess') ? [`cnonce="${clientNonce}"`] : []),
    ...(qop ? [`qop=${qop}`, `nc=${nc}`] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

const HASHES: Record<Algorithm, string> = {
  'SHA-512-256': 'sha512-256',
  'SHA-512-256-sess': 'sha512-256',
  'SHA-256': 'sha256',
  'SHA-256-sess': 'sha256',
  MD5: 'md5',
  'MD5-sess': 'md5',
};

function nameParts({ userhash, utf8, realm }: Digest, user: string, hash: (text: string) => string): string[] {
  if (userhash) return [`username="${hash(`${user}:${realm}`)}"`, 'userhash=true'];
  const isPlain = /^[\x20-\x7e]*$/.test(user);
  return [isPlain || !utf8 ? `username=${quoted(user)}` : `username*=UTF-8''${encodeURIComponent(user)}`];
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

const rank = (challenge: Challenge): number =>
  challenge.scheme === 'basic' ? ALGORITHMS.length : ALGORITHMS.indexOf(challenge.algorithm);

function understood(scheme: string, params: Map<string, string>): Challenge | undefined {
  const realm = params.get('realm') ?? '';
  if (scheme === 'basic') return { scheme, realm };
  const nonce = params.get('nonce');
  if (scheme !== 'digest' || !nonce) return undefined;
  const algorithmText = params.get('algorithm');
  const algorithm = ALGORITHMS.find((known) => known.toLowerCase() === (algorithmText ?? 'MD5').toLowerCase());
  const offered = params
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  const qop = offered === undefined ? undefined : (['auth', 'auth-int'] as const).find((one) => offered.includes(one));
  // An unknown algorithm cannot be answered, nor a list of protections of which none is known.
  if (!algorithm || (offered !== undefined && offered.length > 0 && !qop)) return undefined;
  return {
    scheme,
    realm,
    nonce,
    opaque: params.get('opaque'),
    algorithm,
    algorithmText,
    qop,
    isStale: params.get('stale')?.toLowerCase() === 'true',
    userhash: params.get('userhash')?.toLowerCase() === 'true',
    utf8: params.get('charset')?.toLowerCase() === 'utf-8',
  };
}

/** One field may hold several challenges; a comma stands between them and between the parameters of each (RFC 9110, 11.6.1). */
function parse(field: string): { scheme: string; params: Map<string, string> }[] {
  const found: { scheme: string; params: Map<string, string> }[] = [];
  const part = /\s*,?\s*([^\s,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/gy;
  for (let match = part.exec(field); match; match = part.exec(field)) {
    const [, name, inQuotes, bare] = match as unknown as [string, string, string | undefined, string | undefined];
    const value = inQuotes?.replaceAll(/\\(.)/g, '$1') ?? bare;
    if (value === undefined) found.push({ scheme: name.toLowerCase(), params: new Map() });
    else found.at(-1)?.params.set(name.toLowerCase(), value);
  }
  return found;
}
