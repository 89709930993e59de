import { resolve } from 'node:path';
import { duration } from '@vigie/shared/kit/duration';
import { withAbsolutePaths } from '@vigie/shared/kit/yaml-config';
import { type DestinationConfig, destinationConfig } from '@vigie/shared/remote/destination-config';
import { z } from 'zod';
import type { RealPath } from './chain.ts';
import { addIssue, type EndpointConfig, endpointConfig } from './endpoint-config.ts';
import { refuseEndpoints, refuseSameNames } from './refusals.ts';

/** `folder.yaml`: endpoints alone, as `vigie-agent watch` runs them. */
export type EndpointsFile = {
  /** Where the books are kept. */
  dataFolder: string;
  log: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** How often the state of all endpoints is written to the log, ms. */
  stateEvery: number;
  destinations: DestinationConfig[];
  endpoints: EndpointConfig[];
};

const outer = z.strictObject({
  dataFolder: z.string().min(1).default('.vigie-endpoints'),
  log: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  stateEvery: duration.default(60_000),
  destinations: z.array(destinationConfig).max(32).default([]),
  /** What every endpoint begins with: any key of an endpoint but its name, path and description; its settings key by key. */
  defaults: z.record(z.string(), z.unknown()).default({}),
  endpoints: z.array(z.record(z.string(), z.unknown(), { error: 'an endpoint is needed here' })).max(1_000),
});

/**
 * The schema of the file. An endpoint's own value comes before that of `defaults`, and that before the profile's; faults in `defaults`
 * are told once, where they stand. Relative paths are meant from `folder`. Endpoints that are chained in a loop are refused.
 */
export function endpointsFileIn(folder: string, real: RealPath): z.ZodType<EndpointsFile> {
  return outer.transform(({ defaults, dataFolder, ...file }, context): EndpointsFile => {
    const faults = defaultsFaults(defaults);
    for (const issue of faults) addIssue(context, issue, ['defaults']);
    if (faults.length > 0) return z.NEVER;
    const endpoints = file.endpoints.flatMap((own, index): EndpointConfig[] => {
      const parsed = endpointConfig.safeParse(withDefaults(own, defaults));
      for (const issue of parsed.error?.issues ?? []) addIssue(context, issue, ['endpoints', index]);
      return parsed.success ? [withAbsoluteEndpoint(parsed.data, folder)] : [];
    });
    if (endpoints.length < file.endpoints.length) return z.NEVER;
    const destinations = withAbsolutePaths(file.destinations, folder);
    refuseSameNames(destinations, context, 'destinations');
    refuseEndpoints({ endpoints, destinations }, real, context);
    return { ...file, dataFolder: resolve(folder, dataFolder), destinations, endpoints };
  });
}

const OWN = ['name', 'path', 'description'];
/** What stands for the keys that defaults cannot have, while they are looked at. */
const ANY = { name: 'any', path: 'any', operation: { type: 'copy' } };

function defaultsFaults(defaults: Record<string, unknown>): z.core.$ZodIssue[] {
  const own = Object.keys(defaults).filter((key) => OWN.includes(key));
  if (own.length > 0) {
    return own.map((key) => ({
      code: 'custom',
      path: [key],
      message: 'every endpoint has its own; other keys of an endpoint are allowed here',
    }));
  }
  return endpointConfig.safeParse({ ...ANY, ...defaults }).error?.issues ?? [];
}

function withDefaults(own: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  const { settings = {} } = own;
  const common = defaults.settings ?? {};
  const both = isRecord(settings) && isRecord(common) ? { ...common, ...settings } : settings;
  return { ...defaults, ...own, settings: both };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Only keys that name files: an argument, a variable or a header of an operation is left as it is written. */
export function withAbsoluteEndpoint(endpoint: EndpointConfig, folder: string): EndpointConfig {
  return {
    ...endpoint,
    path: resolve(folder, endpoint.path),
    operation: absoluteOperation(endpoint.operation, folder),
  };
}

function absoluteOperation(operation: EndpointConfig['operation'], folder: string): EndpointConfig['operation'] {
  const absolute = <T extends string | undefined>(path: T) => (path === undefined ? path : resolve(folder, path));
  switch (operation.type) {
    case 'pictures':
      return withAbsolutePaths(operation, folder);
    case 'copy':
      return { ...operation, folders: operation.folders.map((path) => resolve(folder, path)) };
    case 'exec':
      // A name without "/" is looked for in PATH.
      return operation.program.includes('/')
        ? { ...operation, program: resolve(folder, operation.program) }
        : operation;
    case 'http': {
      const { tokenFile, caFile, ...rest } = operation;
      return {
        ...rest,
        ...(tokenFile === undefined ? {} : { tokenFile: absolute(tokenFile) }),
        ...(caFile === undefined ? {} : { caFile: absolute(caFile) }),
      };
    }
    case 'deliver':
      return operation;
  }
}
