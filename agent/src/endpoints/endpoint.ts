import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import type { FolderCondition, WatchedFolder } from '../watched-folder/watched-folder.ts';
import type { PlannedEndpoint } from './changes.ts';
import type { EndpointOperation } from './endpoint-operation.ts';
import { readinessOf } from './readiness.ts';

/** One endpoint at work: its operation is asked first, and only then its folder is looked at. */
export type Endpoint = AsyncDisposable & {
  readonly plan: PlannedEndpoint;
  /** Asks the operation whether it can work. True when the folder may be scanned. */
  ask(): Promise<boolean>;
  /** Scans until the signal aborts; then waits for what runs, and ends. What goes wrong is kept in `condition` and tried again. */
  run(signal: AbortSignal): Promise<void>;
  /** The folder while it is worked on by hand, as `--once` does; a new engine, which the caller ends. */
  open(): Promise<WatchedFolder>;
  condition(): EndpointCondition;
};

export type EndpointCondition = FolderCondition & {
  name: string;
  /** `not-ready`: the operation cannot work, or the folder is refused; `stopped`: nothing runs. */
  state: 'not-ready' | 'running' | 'stopped';
};

export function createEndpoint(options: {
  plan: PlannedEndpoint;
  operation: EndpointOperation;
  openFolder: () => Promise<WatchedFolder>;
  clock: Clock;
  log: Log;
}): Endpoint {
  const { plan, operation, openFolder, clock } = options;
  const log = options.log.child({ endpoint: plan.name });
  let fault: VigieError | undefined;
  let asked = false;
  let trouble: unknown;
  let folder: WatchedFolder | undefined;
  let last: FolderCondition = { waiting: 0, staged: 0, remainingMs: null, failures: 0, lastScanAt: null, error: null };

  async function ask(): Promise<boolean> {
    const found = await readinessOf(plan, operation, clock);
    if (found.fault && found.fault.message !== fault?.message)
      log.error({ code: found.fault.code }, found.fault.message);
    if (found.warning !== undefined && !asked) log.warn(found.warning);
    if (fault && !found.fault) log.info('the endpoint is ready');
    fault = found.fault;
    asked = true;
    return fault === undefined;
  }

  /** True when the folder rests for good: it has had the scans that it was to have. */
  async function scan(signal: AbortSignal): Promise<boolean> {
    try {
      folder = await openFolder();
      trouble = undefined;
      await folder.run(signal);
      return true;
    } catch (error) {
      if (messageOf(error) !== messageOf(trouble)) log.error({ code: codeOf(error) }, messageOf(error));
      trouble = error;
      return false;
    } finally {
      const ended = folder;
      if (ended) last = { ...ended.condition(), failures: last.failures + ended.condition().failures };
      folder = undefined;
      await ended?.[Symbol.asyncDispose]();
    }
  }

  function condition(): EndpointCondition {
    const now = folder ? folder.condition() : last;
    const failures = folder ? last.failures + now.failures : last.failures;
    const error = fault ?? trouble;
    return {
      ...now,
      name: plan.name,
      failures,
      state: fault ? 'not-ready' : folder ? 'running' : 'stopped',
      error: error === undefined ? now.error : told(error),
    };
  }

  return {
    plan,
    ask,
    async run(signal) {
      try {
        while (!signal.aborted) {
          const rests = ((asked && fault === undefined) || (await ask())) && (await scan(signal));
          // A folder that another process holds, or an operation that is not ready, is looked at again.
          if (rests) await aborted(signal);
          else await clock.sleep(LOOK_AGAIN_MS, signal);
        }
      } finally {
        await operation[Symbol.asyncDispose]();
      }
    },
    open: openFolder,
    condition,
    [Symbol.asyncDispose]: () => operation[Symbol.asyncDispose](),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function told(error: unknown): NonNullable<FolderCondition['error']> {
  const hint = error instanceof VigieError ? error.hint : undefined;
  return { code: codeOf(error), message: messageOf(error), hint };
}

const LOOK_AGAIN_MS = 1_000;
