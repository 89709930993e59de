import type { HubServices } from '../http/services.ts';

type Device = ReturnType<HubServices['fleet']['devices']>[number];
type Source = NonNullable<Device['state']>['sources'][number];

/** One device as `fleet` tells it: presence, backlog, and how far each of its sources is. */
export function fleetAnswer({ state, sources, ...device }: Device) {
  const told = state?.sources ?? [];
  return {
    ...device,
    backlog: sum(told.flatMap((s) => s.destinations.map((d) => d.backlog))),
    sources: sources.map(({ name, inventory }) => {
      const now = told.find((s) => s.name === name);
      return { name, inventory, ...(now && standingOf(now)) };
    }),
  };
}

function standingOf({ storage, held, lastCaptureAt, destinations }: Source) {
  return {
    storage,
    held,
    lastCaptureAt,
    destinations: destinations.map(({ name, state, backlog, oldestAt, error }) => ({
      ...{ name, state, backlog, oldestAt },
      error: error?.code ?? null,
    })),
  };
}

function sum(amounts: { count: number; bytes: number }[]): { count: number; bytes: number } {
  return amounts.reduce((all, a) => ({ count: all.count + a.count, bytes: all.bytes + a.bytes }), {
    count: 0,
    bytes: 0,
  });
}
