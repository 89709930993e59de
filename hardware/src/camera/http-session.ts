import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { answer, type Challenge, challengesOf } from './http-digest.ts';

export type HttpAddress = {
  /** http or https; without user and password. */
  url: string;
  /** Name and password are sent when the server asks for them. Called for each capture. */
  credentials?: (() => { user: string; password: string }) | undefined;
  /** Which challenges are answered; `digest` never sends the password itself. */
  authentication: 'auto' | 'basic' | 'digest';
  /** Certificates, PEM, that are trusted besides no others; the system's own where absent. */
  caFile?: string | undefined;
  /** The name the certificate is made out to, where it is not the address's host. */
  serverName?: string | undefined;
};

/** Requests to one address that remember how the server wanted to be answered. */
export type HttpSession = {
  /**
   * Asks for the address, follows redirects on the same host, answers challenges. The answer's body is unread; `use` reads it
   * before the connection is closed. Errors: VigieErrors `camera-refused` and `camera-absent`, those of the system and of TLS.
   */
  get<T>(signal: AbortSignal, use: (answer: IncomingMessage) => Promise<T>): Promise<T>;
};

const REDIRECTS_MAX = 5;
/** Of an answer that holds no picture. */
const IDLE_BODY_BYTES_MAX = 64 * 1024;

export function createHttpSession(address: HttpAddress): HttpSession {
  let known: { challenge: Challenge; count: number } | undefined;

  async function answered(url: URL, agent: http.Agent, signal: AbortSignal): Promise<IncomingMessage> {
    const wasKnown = known !== undefined;
    const first = await ask(url, agent, signal);
    if (first.statusCode !== 401) return first;
    known = undefined;
    const challenge = pick(first);
    if (!address.credentials) return first;
    if (!challenge) throw unanswerable(first, address.authentication);
    // A password that was refused with a nonce of its own is wrong; with a kept nonce it may only be too old.
    await drain(first);
    known = { challenge, count: 0 };
    const second = await ask(url, agent, signal);
    if (second.statusCode !== 401) return second;
    const again = pick(second);
    known = undefined;
    if (wasKnown || again?.scheme !== 'digest' || !again.isStale) return second;
    await drain(second);
    known = { challenge: again, count: 0 };
    const third = await ask(url, agent, signal);
    if (third.statusCode === 401) known = undefined;
    return third;
  }

  function pick(from: IncomingMessage): Challenge | undefined {
    const offered = challengesOf(from.headersDistinct['www-authenticate'] ?? []);
    return offered.find(({ scheme }) => address.authentication === 'auto' || scheme === address.authentication);
  }

  function authorization(url: URL): string | undefined {
    if (!known || !address.credentials) return undefined;
    const credentials = address.credentials();
    known.count += 1;
    return answer(known.challenge, {
      method: 'GET',
      uri: `${url.pathname}${url.search}`,
      ...credentials,
      count: known.count,
      clientNonce: randomBytes(16).toString('hex'),
    });
  }

  async function ask(url: URL, agent: http.Agent, signal: AbortSignal, isSecondTry = false): Promise<IncomingMessage> {
    const authorized = authorization(url);
    const headers: http.OutgoingHttpHeaders = { accept: 'image/*, */*;q=0.1', 'accept-encoding': 'identity' };
    if (authorized !== undefined) headers.authorization = authorized;
    const library = url.protocol === 'https:' ? https : http;
    const request = library.request(url, { agent, headers, signal, ...tls() });
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        request.once('response', resolve).once('error', reject);
        request.end();
      });
    } catch (error) {
      // The server closed the connection between two requests: nothing is wrong with it.
      if (request.reusedSocket && !isSecondTry && isSystemError(error, 'ECONNRESET', 'EPIPE')) {
        return ask(url, agent, signal, true);
      }
      throw error;
    }
  }

  function tls(): https.RequestOptions {
    return {
      ...(address.caFile === undefined ? {} : { ca: certificatesIn(address.caFile) }),
      ...(address.serverName === undefined ? {} : { servername: address.serverName }),
    };
  }

  return {
    async get(signal, use) {
      let url = new URL(address.url);
      // One connection for the whole exchange, and none that is kept open until the next one.
      const agents = [url.protocol, 'https:'].map((protocol) => [protocol, agentOf(protocol)] as const);
      const agentFor = new Map(agents);
      try {
        for (let redirects = 0; ; redirects++) {
          const message = await answered(url, agentFor.get(url.protocol) as http.Agent, signal);
          const to = redirectOf(message, url);
          if (to === undefined) return await use(message);
          if (redirects === REDIRECTS_MAX) throw refusedRedirect(`it sends on more than ${REDIRECTS_MAX} times`);
          await drain(message);
          url = to;
        }
      } finally {
        for (const [, agent] of agents) agent.destroy();
      }
    },
  };
}

function certificatesIn(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new VigieError('camera-refused', `read the certificates in ${JSON.stringify(file)}: they cannot be read`, {
      cause,
      retryable: true,
      hint: 'Write the camera’s certificate, or its authority’s, into this file as PEM, and let the agent’s user read it.',
    });
  }
}

function agentOf(protocol: string): http.Agent {
  return protocol === 'https:'
    ? new https.Agent({ keepAlive: true, maxSockets: 1 })
    : new http.Agent({ keepAlive: true, maxSockets: 1 });
}

/** Where an answer sends on to, undefined where it does not. Another host would get this one's name and password. */
function redirectOf(message: IncomingMessage, from: URL): URL | undefined {
  const { statusCode = 0, headers } = message;
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  if (!URL.canParse(headers.location, from.href))
    throw refusedRedirect('it sends on to an address that cannot be read');
  const to = new URL(headers.location, from);
  to.username = '';
  to.password = '';
  to.hash = '';
  if (to.hostname !== from.hostname) {
    throw refusedRedirect(`it sends on to another host, ${JSON.stringify(to.hostname)}`);
  }
  if (to.protocol !== from.protocol && to.protocol !== 'https:') {
    throw refusedRedirect('it sends on from https to an address without TLS');
  }
  return to;
}

function refusedRedirect(what: string): VigieError {
  return new VigieError('camera-refused', `capture with "http": ${what}; an answer of the same host is needed`, {
    retryable: true,
    hint: 'Write the address that it sends on to as "url", if that is the camera’s.',
  });
}

function unanswerable(message: IncomingMessage, allowed: HttpAddress['authentication']): VigieError {
  const schemes = (message.headersDistinct['www-authenticate'] ?? []).map((field) => field.split(/[\s,]/)[0] ?? '');
  const offered = schemes.map((scheme) => JSON.stringify(scheme.slice(0, 40))).join(', ') || 'nothing';
  return new VigieError(
    'camera-refused',
    `capture with "http": the server offers ${offered} to sign in with; ${
      allowed === 'auto' ? 'basic or digest (MD5, SHA-256, SHA-512-256) is needed' : `only "${allowed}" is allowed here`
    }`,
    { retryable: true, hint: 'Change how the camera lets users in, or "authentication" in the configuration.' },
  );
}

/** Reads an answer to its end, so that its connection can be used again; a long one is given up with its connection. */
async function drain(message: IncomingMessage): Promise<void> {
  let bytes = 0;
  for await (const chunk of message) {
    bytes += (chunk as Buffer).length;
    if (bytes > IDLE_BODY_BYTES_MAX) break;
  }
}
