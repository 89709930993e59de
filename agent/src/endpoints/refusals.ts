import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import type { z } from 'zod';
import { type ChainedFolder, linksOf, loopOf, overlapOf, type RealPath } from './chain.ts';
import { planOf } from './changes.ts';
import type { EndpointConfig } from './endpoint-config.ts';

/** All folders that a process watches. */
export type Watched = {
  endpoints: readonly EndpointConfig[];
  destinations: readonly DestinationConfig[];
  /** Watched folders of the same process that are no endpoints. */
  sources?: readonly ChainedFolder[];
};

/** What makes a set of endpoints unusable although each is sound by itself. */
export function refuseEndpoints(watched: Watched, real: RealPath, context: z.RefinementCtx): void {
  const { endpoints, destinations, sources = [] } = watched;
  if (endpoints.length === 0) return;
  refuseSameNames(endpoints, context, 'endpoints');
  refuseUnknownDestinations(endpoints, destinations, context);
  const folders = [...sources, ...planOf(watched, [])];
  const pathOf = (name: string): PropertyKey[] => {
    const index = endpoints.findIndex((endpoint) => endpoint.name === name);
    return index >= 0 ? ['endpoints', index] : ['sources', sources.findIndex((source) => source.name === name)];
  };

  const overlap = overlapOf(folders, real);
  if (overlap) {
    const message = `its folder is ${overlap.where}; a folder of its own is allowed`;
    context.addIssue({ code: 'custom', path: [...pathOf(overlap.name), 'path'], message });
    return;
  }
  const links = linksOf(folders, real);
  const loop = loopOf(links);
  if (loop === undefined) return;
  const by = links.find((link) => link.from === loop[0] && link.to === loop[1])?.by;
  const message = `chained in a loop (${loop.join(' → ')}), beginning with its ${by}: a chain that ends is allowed`;
  context.addIssue({ code: 'custom', path: pathOf(loop[0] as string), message });
}

/** No two of a list have one name. */
export function refuseSameNames(list: readonly { name: string }[], context: z.RefinementCtx, key: string): void {
  list.forEach(({ name }, index) => {
    if (list.findIndex((other) => other.name === name) === index) return;
    const message = `the name "${name}" is taken; another one is allowed`;
    context.addIssue({ code: 'custom', path: [key, index, 'name'], message });
  });
}

/** Every destination that an operation names is configured. */
function refuseUnknownDestinations(
  endpoints: readonly EndpointConfig[],
  destinations: readonly { name: string }[],
  context: z.RefinementCtx,
): void {
  const known = destinations.map(({ name }) => name);
  endpoints.forEach(({ operation }, index) => {
    if (operation.type !== 'deliver') return;
    operation.destinations.forEach((name, at) => {
      if (known.includes(name)) return;
      const path = ['endpoints', index, 'operation', 'destinations', at];
      const message = `no destination has the name "${name}"; allowed: ${known.join(', ') || '(none is configured)'}`;
      context.addIssue({ code: 'custom', path, message });
    });
  });
}
