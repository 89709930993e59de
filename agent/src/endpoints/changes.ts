import { isDeepStrictEqual } from 'node:util';
import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import type { EndpointConfig } from './endpoint-config.ts';

/** An endpoint with everything that its work depends on: when any of it changes, the endpoint has changed. */
export type PlannedEndpoint = EndpointConfig & {
  /** Those that its operation names, in that order. */
  destinations: readonly DestinationConfig[];
};

/** Which endpoints run: enabled, and with no tags or one of the agent's. Without tags the agent runs all. */
export function planOf(
  { endpoints, destinations }: { endpoints: readonly EndpointConfig[]; destinations: readonly DestinationConfig[] },
  tags: readonly string[],
): PlannedEndpoint[] {
  const isMine = (own: readonly string[]) =>
    tags.length === 0 || own.length === 0 || own.some((tag) => tags.includes(tag));
  return endpoints
    .filter(({ enabled, tags: own }) => enabled && isMine(own))
    .map((endpoint) => {
      const { operation } = endpoint;
      const named = operation.type === 'deliver' ? operation.destinations : [];
      const used = named.flatMap((name) => destinations.filter((destination) => destination.name === name));
      return { ...endpoint, destinations: used };
    });
}

/** Names of endpoints, each list in the order of the configuration that has them. */
export type Changes = { created: string[]; changed: string[]; removed: string[]; unchanged: string[] };

/** What has become of the endpoints from one configuration to the next. A description changes nothing that runs. */
export function changesOf(before: readonly PlannedEndpoint[], after: readonly PlannedEndpoint[]): Changes {
  const earlier = new Map(before.map((endpoint) => [endpoint.name, endpoint]));
  const later = new Set(after.map(({ name }) => name));
  const changes: Changes = { created: [], changed: [], removed: [], unchanged: [] };
  for (const { name } of before) if (!later.has(name)) changes.removed.push(name);
  for (const endpoint of after) {
    const own = earlier.get(endpoint.name);
    const list = own === undefined ? 'created' : isSame(own, endpoint) ? 'unchanged' : 'changed';
    changes[list].push(endpoint.name);
  }
  return changes;
}

const isSame = (a: PlannedEndpoint, b: PlannedEndpoint): boolean =>
  isDeepStrictEqual({ ...a, description: '' }, { ...b, description: '' });
