import type { Clock } from '@vigie/shared/kit/clock';
import { messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { type Changes, changesOf, type PlannedEndpoint } from './changes.ts';
import type { Endpoint, EndpointCondition } from './endpoint.ts';

/** All endpoints of a process. They are created, changed and removed while they run. */
export type Endpoints = {
  /**
   * Makes what runs be what is planned. What is removed or changed stops first: its jobs are left in stage, and the endpoint that has the
   * folder next takes them up. Nothing of what is new is scanned before every new operation has been asked.
   */
  apply(plan: readonly PlannedEndpoint[]): Promise<Changes>;
  /** Until the signal aborts; then it waits for the jobs that run. */
  run(signal: AbortSignal): Promise<void>;
  /** An endpoint that is not run here: whoever asked for it works on its folder by hand. */
  create(plan: PlannedEndpoint): Endpoint;
  conditions(): EndpointCondition[];
};

type Running = { endpoint: Endpoint; stop: AbortController; ended: Promise<void> };

export function createEndpoints(options: {
  create: (plan: PlannedEndpoint) => Endpoint;
  clock: Clock;
  log: Log;
}): Endpoints {
  const { create, clock, log } = options;
  const running = new Map<string, Running>();
  /** Those that were told to stop and have not ended. */
  const leaving = new Set<Promise<void>>();
  let plan: readonly PlannedEndpoint[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let over = false;

  async function applyNow(next: readonly PlannedEndpoint[]): Promise<Changes> {
    const changes = changesOf(plan, next);
    if (over) return changes;
    plan = next;
    await stop([...changes.removed, ...changes.changed]);
    const names = new Set([...changes.created, ...changes.changed]);
    const fresh = next.filter(({ name }) => names.has(name)).map(create);
    await Promise.all(fresh.map((endpoint) => endpoint.ask()));
    for (const endpoint of fresh) start(endpoint);
    return changes;
  }

  function start(endpoint: Endpoint): void {
    const stopping = new AbortController();
    if (over) stopping.abort();
    const ended = endpoint.run(stopping.signal).catch((error: unknown) => {
      log.error({ endpoint: endpoint.plan.name }, `the endpoint ended: ${messageOf(error)}`);
    });
    running.set(endpoint.plan.name, { endpoint, stop: stopping, ended });
  }

  /** A folder that does not answer holds up nobody else: after a while it is left to itself, and its lock keeps others out. */
  async function stop(names: readonly string[]): Promise<void> {
    const stopped = names.flatMap((name) => {
      const one = running.get(name);
      running.delete(name);
      one?.stop.abort();
      return one ? [one] : [];
    });
    for (const { ended } of stopped) {
      leaving.add(ended);
      void ended.then(() => leaving.delete(ended));
    }
    const all = new AbortController();
    const late = clock.sleep(STOP_LIMIT_MS, all.signal);
    await Promise.race([Promise.all(stopped.map(({ ended }) => ended)), late]);
    all.abort();
    for (const { endpoint } of stopped) {
      const { staged } = endpoint.condition();
      if (staged > 0) log.info({ endpoint: endpoint.plan.name, staged }, 'stopped; its jobs are left in stage');
    }
  }

  return {
    apply(next) {
      const result = turn.then(() => applyNow(next));
      turn = result.catch((error: unknown) => log.error(`apply the configuration of endpoints: ${messageOf(error)}`));
      return result;
    },
    async run(signal) {
      if (!signal.aborted) {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      }
      over = true;
      await turn;
      for (const { stop: stopping } of running.values()) stopping.abort();
      await Promise.all([...[...running.values()].map(({ ended }) => ended), ...leaving]);
    },
    create,
    conditions: () => [...running.values()].map(({ endpoint }) => endpoint.condition()),
  };
}

const STOP_LIMIT_MS = 15_000;
