import { dirname, resolve } from 'node:path';
import { duration } from '@vigie/shared/kit/duration';
import { readConfig, withAbsolutePaths } from '@vigie/shared/kit/yaml-config';
import { isZone } from '@vigie/shared/kit/zone';
import { identifier } from '@vigie/shared/protocol/asset';
import { destinationConfig } from '@vigie/shared/remote/destination-config';
import { Cron } from 'croner';
import { z } from 'zod';
import { stepConfig } from './process/step-config.ts';
import { watchedFolderConfig } from './watched-folder/folder-config.ts';

/** The agent's YAML file: one literal with schema, defaults and description. Durations are written with a unit. */
const zone = z.string().refine(isZone, 'an IANA time zone is allowed, such as Europe/Paris');

const camera = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('test-picture'),
    width: z.int().min(64).max(12_000).default(1920),
    height: z.int().min(64).max(12_000).default(1280),
    /** Files are padded with noise to at least this size, to stand for a real camera's. */
    bytes: z.int().min(0).max(50_000_000).default(0),
  }),
  z.strictObject({
    type: z.literal('gphoto2'),
    timeLimit: duration.default(30_000),
    keepOnCard: z.boolean().default(true),
  }),
]);

const source = z
  .strictObject({
    name: identifier,
    camera,
    zone: zone.optional(),
    every: duration.refine((ms) => ms >= 1000, 'one second or more is allowed').optional(),
    cron: z
      .string()
      .refine((text) => {
        try {
          new Cron(text, { paused: true });
          return true;
        } catch {
          return false;
        }
      }, 'a cron pattern is allowed: (second) minute hour day month weekday')
      .optional(),
    watchedFolder: watchedFolderConfig.prefault({}),
    process: z.array(stepConfig).default([]),
    destinations: z.array(identifier).default([]),
    /** Deliver what is held already when a destination is new; else it waits for a re-sync. */
    deliverExisting: z.boolean().default(false),
  })
  .refine((s) => !(s.every !== undefined && s.cron !== undefined), {
    path: ['cron'],
    message: 'either "every" or "cron" is allowed, not both',
  });

export const agentConfig = z
  .strictObject({
    site: identifier.default('main'),
    device: identifier,
    zone: zone.default('UTC'),
    /** Everything the agent keeps: ledger and, unless a source says otherwise, watched folders. */
    dataFolder: z.string().min(1),
    log: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    hub: z
      .strictObject({
        url: z.string().regex(/^(mqtts?|wss?):\/\//, 'an address that begins with mqtt:// or mqtts:// is allowed'),
        user: z.string().optional(),
        passwordFile: z.string().optional(),
        /** MQTT version; `auto` takes 5 where the broker speaks it, else 3.1.1. */
        protocol: z.enum(['auto', '5', '3.1.1']).default('auto'),
        caFile: z.string().optional(),
      })
      .optional(),
    sources: z.array(source).min(1, 'at least one source is needed').max(64),
    destinations: z.array(destinationConfig).max(32).default([]),
    delivery: z
      .strictObject({
        /** Pause before a further attempt: grows from the first figure to the second. */
        retryFrom: duration.default(1_000),
        retryUpTo: duration.default(300_000),
        stall: duration.default(30_000),
        proof: z.enum(['size', 'digest']).default('size'),
      })
      .prefault({}),
    /** The state message: at most once in this time. */
    stateEvery: duration.default(10_000),
  })
  .superRefine((config, context) => {
    const known = new Set(config.destinations.map((d) => d.name));
    config.sources.forEach((s, i) => {
      s.destinations.forEach((name, j) => {
        if (known.has(name)) return;
        const message = `no destination has the name "${name}"; allowed: ${[...known].join(', ') || '(none is configured)'}`;
        context.addIssue({ code: 'custom', path: ['sources', i, 'destinations', j], message });
      });
    });
    for (const [key, list] of [
      ['sources', config.sources],
      ['destinations', config.destinations],
    ] as const) {
      list.forEach((item, i) => {
        if (list.findIndex((other) => other.name === item.name) < i) {
          context.addIssue({
            code: 'custom',
            path: [key, i, 'name'],
            message: `the name "${item.name}" is taken; another one is allowed`,
          });
        }
      });
    }
  });

export type AgentConfig = z.infer<typeof agentConfig>;
export type SourceConfig = AgentConfig['sources'][number];

/** Reads the file; relative paths in it are meant from its own folder. */
export const readAgentConfig = (file: string): AgentConfig =>
  withAbsolutePaths(readConfig(file, agentConfig), dirname(resolve(file)));

/**
 * The environment of the process that works on pictures: this process's own, with few arenas in glibc's malloc, since each thread of
 * libvips would keep what it freed in one of its own. Source: mallopt(3).
 */
export const pictureEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  MALLOC_ARENA_MAX: '2',
});
