import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { HTTPException } from 'hono/http-exception';
import type { HttpContext } from './env.ts';

type Issue = { path: PropertyKey[]; message: string };
type Status = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 500 | 502 | 503 | 504;

/** An input that its schema refuses; `fields` names each fault. */
export class InputError extends VigieError {
  readonly fields: { path: string; message: string }[];
  constructor(where: string, issues: Issue[]) {
    const fields = issues.slice(0, 50).map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
    const list = fields.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
    super('input', `read the request's ${where === 'json' ? 'body' : where}: ${list}`);
    this.name = 'InputError';
    this.fields = fields;
  }
}

/** Too many attempts; the client may come again after so many seconds. */
export class LimitError extends VigieError {
  readonly afterSeconds: number;
  constructor(what: string, afterSeconds: number) {
    super('limit', `${what}: too many attempts, come again in ${afterSeconds} s`, { retryable: true });
    this.name = 'LimitError';
    this.afterSeconds = afterSeconds;
  }
}

/** The status of each code that a client can do something about. Every other code is the hub's own fault, a 500. */
const STATUS: Record<string, Status> = {
  malformed: 400,
  unauthenticated: 401,
  credentials: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'media-type': 415,
  input: 422,
  path: 422,
  limit: 429,
  // The other side of the hub, a destination or a device, does not do its part.
  unreachable: 502,
  refused: 502,
  'connection-lost': 502,
  'host-key': 502,
  authentication: 502,
  permission: 502,
  'root-absent': 502,
  listing: 502,
  offline: 503,
  busy: 503,
  stalled: 504,
  timeout: 504,
};
const CODE_OF: Partial<Record<number, string>> = { 400: 'malformed', 413: 'too-large', 415: 'media-type' };

/** The answer to anything that a route has thrown. Details of an internal error go to the log alone. */
export function problemOf(error: unknown, c: HttpContext, log: Log): Response {
  if (error instanceof HTTPException) {
    return problem(c, error.status as Status, CODE_OF[error.status] ?? 'http', error.message);
  }
  const status = error instanceof VigieError ? STATUS[error.code] : undefined;
  if (!(error instanceof VigieError) || status === undefined) {
    log.error({ err: error, method: c.req.method, path: c.req.path }, 'request failed');
    return problem(c, 500, 'internal', 'answer the request: the hub has failed', {
      hint: "The cause is in the hub's log.",
    });
  }
  if (status >= 502) log.warn({ code: codeOf(error), path: c.req.path }, error.message);
  if (error instanceof LimitError) c.header('Retry-After', String(error.afterSeconds));
  return problem(c, status, error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error instanceof InputError ? { fields: error.fields } : {}),
  });
}

/** The document of an error: schema `problem`. */
export function problem(c: HttpContext, status: Status, code: string, message: string, more: object = {}): Response {
  // A route that fails late has said already how its download is called.
  c.header('Content-Disposition', undefined);
  return c.json({ error: { code, message, ...more } }, status);
}
