import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A network camera without hardware: an HTTP server with a snapshot address, sign-in, and the bad days of real ones. */
export type HttpCameraServer = {
  /** `http://127.0.0.1:PORT/snapshot.jpg` */
  readonly url: string;
  readonly port: number;
  /** What the next requests meet. */
  behave(behaviour: Behaviour): void;
  /** Requests so far: path, and the scheme of their `Authorization`. */
  readonly requests: { path: string; authorization: string | undefined }[];
  /** Nonces that were given out so far become too old. */
  expire(): void;
  /** Nobody listens any more; `listen` begins again at the same port. */
  close(): Promise<void>;
  listen(): Promise<void>;
};
export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export type SignInRules = {
  user: string;
  password: string;
  /** What is offered, in this order. */
  offers: ('basic' | 'MD5' | 'SHA-256' | 'MD5-sess' | 'no-qop')[];
  /** Does a server say `stale=true` of an old nonce? Many do not. */
  saysStale?: boolean;
};

export async function httpCamera(
  picture: Buffer,
  options: { signIn?: SignInRules; tls?: { key: string; cert: string } } = {},
): Promise<HttpCameraServer> {
  const { signIn, tls } = options;
  const requests: HttpCameraServer['requests'] = [];
  const nonces = new Map<string, number>();
  const old = new Set<string>();
  let behaviour: Behaviour = gives(picture);

  const server: Server = tls ? createTlsServer(tls, answer) : createServer(answer);
  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { authorization } = request.headers;
    requests.push({ path: request.url ?? '', authorization });
    const verdict = signIn ? judge(signIn, request.method ?? '', authorization, nonces, old) : 'in';
    if (verdict === 'in') {
      behaviour(request, response);
      return;
    }
    const challenges = (signIn?.offers ?? []).map((offer) => challenge(offer, nonces, verdict === 'stale'));
    response.writeHead(401, { 'www-authenticate': challenges, 'content-type': 'text/html' });
    response.end('<html><title>Sign in</title></html>');
  }
  let port = 0;
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  await listen();
  onTestFinished(close);
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/snapshot.jpg`,
    port,
    requests,
    behave(next) {
      behaviour = next;
    },
    expire() {
      for (const nonce of nonces.keys()) old.add(nonce);
    },
    close,
    listen,
  };
}

export const gives =
  (body: Buffer | string, type = 'image/jpeg', headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  };
export const status =
  (code: number, headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(code, headers).end('no');
  };
export const hangs: Behaviour = () => undefined;
/** The beginning of a picture, and then a byte now and then, for ever. */
export const trickles =
  (picture: Buffer): Behaviour =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' }).write(picture.subarray(0, 1000));
    let at = 1000;
    const timer = setInterval(() => response.write(picture.subarray(at++ % 2000, (at % 2000) + 1)), 20);
    response.once('close', () => clearInterval(timer));
  };
/** Half of the picture, and then the connection is gone: before its announced length, or without one. */
export const breaksOff =
  (picture: Buffer, isAnnounced: boolean): Behaviour =>
  (_, response) => {
    const half = picture.subarray(0, picture.length / 2);
    if (isAnnounced) response.writeHead(200, { 'content-length': picture.length });
    else {
      // HTTP/1.0: the end of the connection is the end of the picture.
      response.socket?.end(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\ncontent-type: image/jpeg\r\n\r\n'), half]));
      return;
    }
    response.write(half, () => response.socket?.end());
  };
/** A stream of pictures (MJPEG) that does not end. */
export const streams =
  (picture: Buffer): Behaviour =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=next' });
    const send = () =>
      response.write(Buffer.concat([Buffer.from('--next\r\ncontent-type: image/jpeg\r\n\r\n'), picture]));
    send();
    const timer = setInterval(send, 20);
    response.once('close', () => clearInterval(timer));
  };

const REALM = 'camera, "front"';

function challenge(offer: SignInRules['offers'][number], nonces: Map<string, number>, isStale: boolean): string {
  const realm = `realm="${REALM.replaceAll('"', '\\"')}"`;
  if (offer === 'basic') return `Basic ${realm}`;
  const nonce = randomBytes(12).toString('base64');
  nonces.set(nonce, 0);
  const rest = offer === 'no-qop' ? '' : `, algorithm=${offer}, qop="auth-int,auth"`;
  return `Digest ${realm}, nonce="${nonce}", opaque="a=b,c"${rest}${isStale ? ', stale=TRUE' : ''}`;
}

function judge(
  { user, password, offers, saysStale = true }: SignInRules,
  method: string,
  authorization: string | undefined,
  nonces: Map<string, number>,
  old: Set<string>,
): 'in' | 'out' | 'stale' {
  if (authorization === undefined) return 'out';
  if (authorization.startsWith('Basic ')) {
    if (!offers.includes('basic')) return 'out';
    const expected = Buffer.from(`${user}:${password}`).toString('base64');
    return isEqual(authorization.slice(6), expected) ? 'in' : 'out';
  }
  const field = (name: string): string => {
    const [, quoted, bare] = new RegExp(`[ ,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^ ,]+))`).exec(authorization) ?? [];
    return (quoted?.replaceAll(/\\(.)/g, '$1') ?? bare ?? '') as string;
  };
  const nonce = field('nonce');
  const used = nonces.get(nonce);
  if (used === undefined) return 'out';
  const isSession = field('algorithm') === 'MD5-sess';
  const hash = (text: string) =>
    createHash(field('algorithm') === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  let secret = hash(`${user}:${REALM}:${password}`);
  if (isSession) secret = hash(`${secret}:${nonce}:${field('cnonce')}`);
  const what = hash(`${method}:${field('uri')}`);
  const counted = field('qop') === '' ? '' : `${field('nc')}:${field('cnonce')}:${field('qop')}:`;
  const expected = hash(`${secret}:${nonce}:${counted}${what}`);
  const rightParts = field('username') === user && field('opaque') === 'a=b,c' && field('realm') === REALM;
  if (!rightParts || !isEqual(field('response'), expected)) return 'out';
  if (old.has(nonce)) return saysStale ? 'stale' : 'out';
  if (counted !== '') {
    // A count that does not grow is a replay (RFC 7616, 3.3).
    if (Number.parseInt(field('nc'), 16) <= used) return 'out';
    nonces.set(nonce, Number.parseInt(field('nc'), 16));
  }
  return 'in';
}

function isEqual(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
