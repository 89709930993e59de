import { createHash } from 'node:crypto';
import { createHttp, type HttpOptions } from '@vigie/hub/http/http';
import type { Role } from '@vigie/hub/http/schema';
import { createUsers, type Users } from '@vigie/hub/users/users';
import type { Clock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { openDatabase } from '@vigie/shared/kit/sqlite';
import { createMemoryHub, type MemoryHub } from './memory-hub.ts';

export const BASE_URL = 'http://127.0.0.1:8080';
export const PASSWORD = 'correct horse battery';

/** Time that goes on by itself and can be moved ahead. */
export function movableClock(): Clock & { ahead(ms: number): void } {
  let aheadMs = 0;
  return {
    now: () => Date.now() + aheadMs,
    monotonic: () => performance.now() + aheadMs,
    sleep: () => Promise.resolve(),
    ahead: (ms) => {
      aheadMs += ms;
    },
  };
}

type Ask = { method?: string; cookie?: string; body?: unknown; headers?: Record<string, string>; from?: string };
export type Hub = ReturnType<typeof openHttp>;

/** The HTTP side with a hub in memory and a database of its own, and a way to ask it as a browser does. */
export function openHttp(more: Partial<HttpOptions> & { services?: MemoryHub } = {}) {
  const clock = movableClock();
  const services = more.services ?? createMemoryHub({ now: Date.now, days: 3 });
  const database = openDatabase(':memory:');
  let drawn = 0;
  const users: Users = createUsers({
    database,
    baseUrl: more.baseUrl ?? BASE_URL,
    secret: 'a secret of tests that nobody needs to guess 0123456789',
    clock,
    random: (bytes) => createHash('shake256', { outputLength: bytes }).update(`random ${drawn++}`).digest(),
    log: silentLog,
  });
  const app = createHttp({
    services,
    users,
    web: { folder: '/nonexistent' },
    baseUrl: BASE_URL,
    trustedProxies: [],
    clock,
    log: silentLog,
    ...more,
  });

  /** `from` is the address of the connection's other end. */
  const ask = async (path: string, { method = 'GET', cookie, body, headers = {}, from }: Ask = {}): Promise<Response> =>
    app.request(
      path,
      {
        method,
        headers: {
          ...(method === 'GET' ? {} : { origin: BASE_URL, 'sec-fetch-site': 'same-origin' }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(cookie === undefined ? {} : { cookie }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      },
      { incoming: { socket: { remoteAddress: from ?? '192.0.2.1' } } as never },
    );
  const signIn = async (email: string, password = PASSWORD): Promise<string> =>
    cookieOf(await ask('/api/auth/sign-in/email', { method: 'POST', body: { email, password } }));

  return {
    app,
    services,
    users,
    clock,
    /** Runs SQL against the hub's database, past its own code. */
    sql: (text: string): void => void database.exec(text),
    rows: (text: string): unknown[] => database.prepare(text).all(),
    ask,
    signIn,
    /** Adds `ROLE@example.org` and signs them in. */
    async as(role: Role): Promise<string> {
      await users.add({ name: role, email: `${role}@example.org`, password: PASSWORD, role });
      return signIn(`${role}@example.org`);
    },
  };
}

/** The session cookie that an answer sets, as a browser sends it back. */
export function cookieOf(response: Response): string {
  const cookie = response.headers.getSetCookie()[0];
  if (!cookie) throw new Error(`read the cookie: the answer is a ${response.status} without one`);
  return cookie.split(';')[0] as string;
}

type Problem = {
  error: { code: string; message: string; hint?: string; fields?: { path: string; message: string }[] };
};
export const problemOf = async (response: Response): Promise<Problem['error']> =>
  ((await response.json()) as Problem).error;
