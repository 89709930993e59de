import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { PlannedEndpoint } from './changes.ts';
import type { EndpointOperation } from './endpoint-operation.ts';
import { worldWritable } from './permissions.ts';

/** Whether an endpoint may be scanned: `fault` is why not, `warning` what should be told all the same. */
export type Readiness = { fault?: VigieError; warning?: string };

/**
 * Asks an endpoint's folder and operation whether they can work: `world-writable`, `not-ready`, both retryable. A disk or an operation
 * that does not answer within ten seconds is not ready.
 */
export async function readinessOf(
  plan: PlannedEndpoint,
  operation: EndpointOperation,
  clock: Clock,
): Promise<Readiness> {
  const answered = new AbortController();
  const late = clock
    .sleep(ASK_LIMIT_MS, answered.signal)
    .then((): Readiness => ({ fault: notReady(plan, `it has not answered within ${ASK_LIMIT_MS} ms`) }));
  try {
    return await Promise.race([ask(plan, operation), late]);
  } catch (error) {
    return { fault: notReady(plan, messageOf(error), error) };
  } finally {
    answered.abort();
  }
}

async function ask(plan: PlannedEndpoint, operation: EndpointOperation): Promise<Readiness> {
  // Only its owner should reach a watched folder: who may write there decides what is processed.
  const open = await worldWritable([plan.path, `${plan.path}/input`]);
  const warning = open && `open endpoint "${plan.name}": everybody may write to ${JSON.stringify(open)}`;
  if (warning !== undefined && plan.strict) {
    const fault = new VigieError('world-writable', `${warning}; a folder that only its owner may write to is needed`, {
      retryable: true,
      hint: `chmod o-w ${JSON.stringify(open)}, or "strict: false"`,
    });
    return { fault };
  }
  const why = await operation.fault();
  return {
    ...(why === undefined ? {} : { fault: notReady(plan, why) }),
    ...(warning === undefined ? {} : { warning }),
  };
}

function notReady({ name }: PlannedEndpoint, why: string, cause?: unknown): VigieError {
  return new VigieError('not-ready', `start endpoint "${name}": its operation is not ready: ${why}`, {
    cause,
    retryable: true,
    hint: 'Nothing is scanned until it is; it is looked at again.',
  });
}

const ASK_LIMIT_MS = 10_000;
