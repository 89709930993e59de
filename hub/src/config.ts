import { dirname, resolve } from 'node:path';
import { duration } from '@vigie/shared/kit/duration';
import { readConfig, withAbsolutePaths } from '@vigie/shared/kit/yaml-config';
import { destinationConfig } from '@vigie/shared/remote/destination-config';
import { z } from 'zod';
import { certificateConfig } from './certificate/certificate-config.ts';
import { drillConfig } from './drill/drill-config.ts';
import { reportsConfig } from './report/reports-config.ts';
import { resyncConfig } from './resync/resync-config.ts';

/** The hub's YAML file: one literal with schema, defaults and description. */
export const hubConfig = z
  .strictObject({
    /** Everything the hub keeps: database, cached previews. */
    dataFolder: z.string().min(1),
    log: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    http: z
      .strictObject({
        host: z.string().default('127.0.0.1'),
        port: z.int().min(1).max(65_535).default(8080),
        /** The address that browsers use, where it is not http://HOST:PORT: behind a proxy, say. */
        publicUrl: z.url().optional(),
        /** Addresses of proxies whose X-Forwarded-For is believed. */
        trustedProxies: z.array(z.string()).default([]),
      })
      .prefault({}),
    broker: z.discriminatedUnion('type', [
      z.strictObject({
        type: z.literal('embedded'),
        host: z.literal(['127.0.0.1', '::1', 'localhost']).default('127.0.0.1'),
        port: z.int().min(0).max(65_535).default(1883),
        /** `name: scrypt hash` lines; written by `vigie-hub device add`. */
        accountsFile: z.string(),
      }),
      z.strictObject({
        type: z.literal('external'),
        url: z.string().regex(/^(mqtts?|wss?):\/\//, 'an address that begins with mqtt:// or mqtts:// is allowed'),
        user: z.string().optional(),
        passwordFile: z.string().optional(),
        protocol: z.enum(['auto', '5', '3.1.1']).default('auto'),
        caFile: z.string().optional(),
      }),
    ]),
    destinations: z.array(destinationConfig).max(64).default([]),
    resync: resyncConfig.prefault({}),
    /** How much time a device has in an outage drill. */
    drills: drillConfig.prefault({}),
    certificates: certificateConfig,
    /** Reports that come by themselves, and how long reports are kept. */
    reports: reportsConfig.prefault({}),
    /** A device is late, then offline, when nothing was heard from it for so long. */
    fleet: z
      .strictObject({ lateAfter: duration.default(90_000), offlineAfter: duration.default(600_000) })
      .prefault({}),
  })
  .superRefine(({ destinations, reports }, context) => {
    const names = destinations.map(({ name }) => name);
    for (const [index, { destination }] of reports.schedule.entries()) {
      if (destination === '*' || names.includes(destination)) continue;
      const message = `"${destination}": a name of "destinations" is allowed (${names.join(', ') || 'there is none'}), or *`;
      context.addIssue({ code: 'custom', path: ['reports', 'schedule', index, 'destination'], message });
    }
  });
export type HubConfig = z.infer<typeof hubConfig>;

/** Reads the file; relative paths in it are meant from its own folder. */
export const readHubConfig = (file: string): HubConfig =>
  withAbsolutePaths(readConfig(file, hubConfig), dirname(resolve(file)));

/** Where browsers find the dashboard. */
export function baseUrlOf({ http: { publicUrl, host, port } }: HubConfig): string {
  return publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
