import { codeOf, isSystemError, messageOf, VigieError } from '@vigie/shared/kit/errors';

/**
 * What a failed attempt says, and about whom.
 *
 * - `destination`: nothing can be delivered there now; the asset has done nothing wrong.
 * - `connection`: the link broke while this asset was under way; a file that breaks every connection must not hold up
 *   the others, so it counts for both.
 * - `asset`: this one alone has to wait; `hopeless` ones for another order.
 * - `gone`: the local file is not there any more.
 */
export type Verdict = {
  about: 'destination' | 'connection' | 'asset' | 'hopeless' | 'gone';
  code: string;
  message: string;
  hint?: string;
};

const DESTINATION = new Set([
  'unreachable',
  'refused',
  'host-key',
  'authentication',
  'root-absent',
  'permission',
  'destination-full',
  'config',
  'budget-spent',
]);
const CONNECTION = new Set(['stalled', 'connection-lost']);
const HOPELESS = new Set(['conflict', 'source-changed', 'path', 'not-a-file']);

export function judge(error: unknown): Verdict {
  const code = codeOf(error);
  const message = messageOf(error);
  const hint = error instanceof VigieError && error.hint !== undefined ? { hint: error.hint } : {};
  const of = (about: Verdict['about']): Verdict => ({ about, code, message, ...hint });
  if (DESTINATION.has(code)) return of('destination');
  if (CONNECTION.has(code)) return of('connection');
  if (HOPELESS.has(code)) return of('hopeless');
  if (code === 'source-absent' || isSystemError(error, 'ENOENT')) return of('gone');
  return of('asset');
}
