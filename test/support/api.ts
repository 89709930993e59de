import type { Side } from '@vigie/hub/http/schema';
import { until } from './temp.ts';

type Json = Record<string, unknown>;
// The suite reads documents whose form other tests hold against the schemas.
// biome-ignore lint/suspicious/noExplicitAny: as said above
type Document = any;

/** The hub's HTTP API, for someone who is signed in. */
export type Api = {
  readonly baseUrl: string;
  readonly email: string;
  readonly password: string;
  get(path: string): Promise<Document>;
  post(path: string, body?: Json): Promise<Document>;
  /** The bare response, whatever its status. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Makes a report and waits for its end. */
  report(left: Side, right: Side): Promise<Document>;
  ended(reportId: string): Promise<Document>;
};

const EMAIL = 'admin@example.org';
const PASSWORD = 'correct horse battery';

/** Makes the first administrator with the one-time code. */
export async function signUp(baseUrl: string, code: string): Promise<Api> {
  const response = await fetch(`${baseUrl}/api/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: baseUrl },
    body: JSON.stringify({ code, name: 'Ada', email: EMAIL, password: PASSWORD }),
  });
  if (!response.ok) throw new Error(`set up the first administrator: ${response.status} ${await response.text()}`);
  const cookie = response.headers
    .getSetCookie()
    .map((c) => c.split(';')[0])
    .join('; ');

  const request = (path: string, init: RequestInit = {}) =>
    fetch(path.startsWith('/api/') ? `${baseUrl}${path}` : `${baseUrl}/api/v1${path}`, {
      ...init,
      headers: { cookie, origin: baseUrl, 'content-type': 'application/json', ...init.headers },
    });
  const call = async (path: string, init?: RequestInit) => {
    const answer = await request(path, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${init?.method ?? 'GET'} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const api: Api = {
    baseUrl,
    email: EMAIL,
    password: PASSWORD,
    request,
    get: (path) => call(path),
    post: (path, body = {}) => call(path, { method: 'POST', body: JSON.stringify(body) }),
    async report(left, right) {
      const { id } = await api.post('/reports', { left, right });
      return api.ended(id);
    },
    ended: (id) =>
      until(
        `report ${id} ends`,
        async () => {
          const report = await api.get(`/reports/${id}`);
          return ['queued', 'running'].includes(report.state) ? undefined : report;
        },
        60_000,
      ),
  };
  return api;
}
