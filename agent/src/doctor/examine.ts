import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import { AREAS, type Check, type Finding, type Found, mend } from './finding.ts';

/**
 * Makes every check, all at once, each within the limit: one that hangs or fails is a finding, and holds up none of the others. The
 * findings come in the order of the areas.
 */
export async function examine(checks: readonly Check[], options: { limitMs: number; clock: Clock }): Promise<Found[]> {
  const found = await Promise.all(
    checks.map(async ({ area, subject, limitMs, look }) =>
      (await bounded(look, { ...options, limitMs: limitMs ?? options.limitMs })).map(
        (finding): Found => ({ area, subject, ...finding }),
      ),
    ),
  );
  return found.flat().sort((a, b) => AREAS.indexOf(a.area) - AREAS.indexOf(b.area));
}

async function bounded(look: Check['look'], { limitMs, clock }: { limitMs: number; clock: Clock }): Promise<Finding[]> {
  const over = new AbortController();
  const late = new VigieError('check-timeout', `this check has not ended within ${limitMs} ms`);
  const timeUp = clock.sleep(limitMs, over.signal).then((): never => {
    throw late;
  });
  // When the look has ended first, nobody waits for this.
  timeUp.catch(() => undefined);
  try {
    return await Promise.race([look(over.signal), timeUp]);
  } catch (error) {
    const code = codeOf(error) === 'check-timeout' ? 'check-timeout' : 'check-failed';
    const fix =
      error instanceof VigieError && error.hint ? error.hint : 'Run it again; if it stays so, look at what it names.';
    return [mend(code, messageOf(error), fix)];
  } finally {
    over.abort(late);
  }
}

/** 0 when all is well, 1 when there is something to mend. What could not be told counts as neither. */
export const exitCodeOf = (found: readonly Found[]): 0 | 1 => (found.some(({ state }) => state === 'mend') ? 1 : 0);
