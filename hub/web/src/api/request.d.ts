/** An answer of the hub that is no success, or no answer at all (`status` 0). */
export declare class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  constructor(status: number, code: string, message: string, hint?: string);
}
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
type Query = Record<string, string | number | undefined>;
type Options = {
  body?: unknown;
  query?: Query;
  signal?: AbortSignal;
};
/** `/api/v1` and these parts, each encoded as one segment, with the query's defined values. */
export declare function urlOf(parts: string[], query?: Query): string;
/** One request of the API: the parsed JSON, or a `RequestError`. */
export declare function request<T>(method: Method, parts: string[], options?: Options): Promise<T>;
/** The same for a whole path, as better-auth's own routes need it. */
export declare function send<T>(method: Method, url: string, { body, signal }?: Options): Promise<T>;
/** The hub's `{error:{code,message,hint}}`, better-auth's `{code,message}`, or whatever a proxy said. */
export declare function problemOf(status: number, text: string): RequestError;
