/** An answer of the hub that is no success, or no answer at all (`status` 0). */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  constructor(status: number, code: string, message: string, hint?: string) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
type Query = Record<string, string | number | undefined>;
type Options = { body?: unknown; query?: Query; signal?: AbortSignal };

/** Longer than the hub's own limit for a command, so that the hub's explanation arrives first. */
const TIMEOUT_MS = 45_000;

/** `/api/v1` and these parts, each encoded as one segment, with the query's defined values. */
export function urlOf(parts: string[], query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  const text = search.toString();
  return `/api/v1/${parts.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/** One request of the API: the parsed JSON, or a `RequestError`. */
export function request<T>(method: Method, parts: string[], options: Options = {}): Promise<T> {
  return send<T>(method, urlOf(parts, options.query), options);
}

/** The same for a whole path, as better-auth's own routes need it. */
export async function send<T>(method: Method, url: string, { body, signal }: Options = {}): Promise<T> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      credentials: 'same-origin',
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new RequestError(0, 'unreachable', 'The hub does not answer.', 'Is it running, and is the network up?');
  }
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

type Complaint = { code?: string; message?: string; hint?: string; fields?: { path: string; message: string }[] };

/** The hub's `{error:{code,message,hint,fields}}`, or whatever a proxy before it said. */
export function problemOf(status: number, text: string): RequestError {
  const { code, message, hint, fields } = complaintOf(text);
  const about = fields?.map((field) => `${field.path}: ${field.message}`).join('; ');
  const said = message ?? `The hub answered with status ${status}.`;
  return new RequestError(status, code ?? `http-${status}`, about ? `${said} (${about})` : said, hint);
}

function complaintOf(text: string): Complaint {
  try {
    const found: { error?: Complaint | string } | null = JSON.parse(text);
    return typeof found?.error === 'object' ? found.error : {};
  } catch (cause) {
    // A proxy's page of HTML, or nothing at all.
    if (cause instanceof SyntaxError) return {};
    throw cause;
  }
}
