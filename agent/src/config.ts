import { dirname, join, resolve } from 'node:path';
import { mayBeOneCamera } from '@vigie/hardware/camera/one-camera';
import { cronPattern } from '@vigie/shared/kit/cron';
import { duration } from '@vigie/shared/kit/duration';
import { readConfig, withAbsolutePaths } from '@vigie/shared/kit/yaml-config';
import { zoneName } from '@vigie/shared/kit/zone';
import { identifier } from '@vigie/shared/protocol/asset';
import { destinationFilter } from '@vigie/shared/protocol/destination-filter';
import { HUB_SITE } from '@vigie/shared/protocol/topics';
import { directoryDestination, sftpDestination } from '@vigie/shared/remote/destination-config';
import { z } from 'zod';
import { cameraConfig } from './capture/camera-config.ts';
import { folderFaults } from './capture/folder-reach.ts';
import { cardFault } from './capture/gphoto2-config.ts';
import { interval, locationConfig, needsSun, scheduleConfig } from './capture/schedule-config.ts';
import { limitsConfig } from './deliver/limits/limits-config.ts';
import { endpointConfig, tagList } from './endpoints/endpoint-config.ts';
import { withAbsoluteEndpoint } from './endpoints/endpoints-file.ts';
import { realPath } from './endpoints/real-path.ts';
import { refuseEndpoints } from './endpoints/refusals.ts';
import { gpioConfig, powerConfig, powerFaults, sensorsConfig } from './power/power-config.ts';
import { stepConfig } from './process/step-config.ts';
import { recoveryConfig } from './recovery/recovery-config.ts';
import { diskConfig } from './retention/disk-config.ts';
import { placeFault } from './watched-folder/place-pattern.ts';
import { sourceFolderConfig } from './watched-folder/source-folder-config.ts';

/** The name of a picture that is taken: no folder, and of a place's letters those that are known by then. */
const nameConfig = z.string().superRefine((text, context) => {
  const isName = text !== '' && !text.includes('/') && !/%[PRFE]/.test(text);
  const fault = isName
    ? placeFault(text)
    : `${JSON.stringify(text)}: a name is allowed, without "/", %P, %R, %F and %E, which are not known yet`;
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
});

const source = z
  .strictObject({
    name: identifier,
    camera: cameraConfig,
    zone: zoneName.optional(),
    /** When pictures are taken: one of these three, or on demand alone. */
    every: interval.optional(),
    cron: cronPattern.optional(),
    schedule: scheduleConfig.optional(),
    /** The name of a picture without its extension. */
    pictureName: nameConfig.default('%Y%M%D%H%m%s'),
    watchedFolder: sourceFolderConfig,
    process: z.array(stepConfig).default([]),
    destinations: z.array(identifier).default([]),
    /** Deliver what is held already when a destination is new; else it waits for a re-sync. */
    deliverExisting: z.boolean().default(false),
    /** What is done when the camera gives no picture. */
    recovery: recoveryConfig.prefault({}),
  })
  .refine((s) => [s.every, s.cron, s.schedule].filter((given) => given !== undefined).length <= 1, {
    path: ['cron'],
    message: 'one of "every", "cron" and "schedule" is allowed, not two of them',
  });

/** What this agent says of a destination besides where it is. `proof` is `delivery.proof` where absent. */
const deliveryPolicy = {
  proof: z.enum(['size', 'digest']).optional(),
  limits: limitsConfig.prefault({}),
  /** What it takes of its sources; absent: everything. */
  filter: destinationFilter.optional(),
  /** What was proved is looked at again, each asset once within this time; 0s: never. */
  audit: z
    .strictObject({ within: duration.prefault('30d'), proof: z.enum(['size', 'digest']).default('size') })
    .prefault({}),
};

/** The agent's YAML file: one literal with schema, defaults and description. Durations are written with a unit. */
export const agentConfig = z
  .strictObject({
    site: identifier
      .refine((name) => name !== HUB_SITE, 'the hub has this name; another one is allowed')
      .default('main'),
    device: identifier,
    zone: zoneName.default('UTC'),
    /** Where the site lies: windows by the sun need it. */
    location: locationConfig.optional(),
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
    destinations: z
      .array(
        z.discriminatedUnion('type', [
          sftpDestination.extend({ ...deliveryPolicy }),
          directoryDestination.extend({ ...deliveryPolicy }),
        ]),
      )
      .max(32)
      .default([]),
    delivery: z
      .strictObject({
        /** Pause before a further attempt: grows from the first figure to the second. */
        retryFrom: duration.default(1_000),
        retryUpTo: duration.default(300_000),
        stall: duration.default(30_000),
        proof: z.enum(['size', 'digest']).default('size'),
      })
      .prefault({}),
    /** What is done when a disk fills up. */
    disk: diskConfig.prefault({}),
    /** Buttons and motion detectors; relays, heaters and the status light; thermometers and the like. */
    gpio: gpioConfig.optional(),
    power: powerConfig.optional(),
    sensors: sensorsConfig.optional(),
    /** Watched folders with operations of their own, beside the sources; see `docs/endpoints.md`. */
    endpoints: z.array(endpointConfig).max(1_000).default([]),
    /** Of this agent: endpoints with other tags do not run on it. */
    tags: tagList.default([]),
    /** The state message: at most once in this time. */
    stateEvery: duration.default(10_000),
  })
  .superRefine((config, context) => {
    const known = new Set(config.destinations.map((d) => d.name));
    config.sources.forEach((s, i) => {
      const fault = cardFault(s);
      if (fault !== undefined)
        context.addIssue({ code: 'custom', path: ['sources', i, 'camera', 'keepOnCard'], message: fault });
      if (needsSun(s) && !config.location) {
        const message = 'a window by the sun needs the site\'s "location" beside "sources": latitude and longitude';
        context.addIssue({ code: 'custom', path: ['sources', i, 'schedule'], message });
      }
      s.destinations.forEach((name, j) => {
        if (known.has(name)) return;
        const message = `no destination has the name "${name}"; allowed: ${[...known].join(', ') || '(none is configured)'}`;
        context.addIssue({ code: 'custom', path: ['sources', i, 'destinations', j], message });
      });
    });
    for (const name of config.disk.proof.at === 'all' ? [] : config.disk.proof.at) {
      if (known.has(name)) continue;
      const message = `no destination has the name "${name}"; allowed: ${[...known].join(', ') || '(none is configured)'}`;
      context.addIssue({ code: 'custom', path: ['disk', 'proof', 'at'], message });
    }
    config.sources.forEach(({ camera }, i) => {
      const other = config.sources.slice(0, i).find((earlier) => mayBeOneCamera(camera, earlier.camera));
      if (!other) return;
      const message = `it may be the camera of source "${other.name}": a camera of its own is allowed, told apart by serial, owner, model, number or address; several rates of one camera go into one source's "schedule"`;
      context.addIssue({ code: 'custom', path: ['sources', i, 'camera'], message });
    });
    for (const { path, message } of powerFaults(config)) context.addIssue({ code: 'custom', path, message });
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

/** Every folder that the agent watches. A source may have an endpoint's name; it is told as a source. */
const watchedIn = ({ endpoints, destinations, sources, dataFolder }: AgentConfig) => ({
  endpoints,
  destinations,
  sources: sources.map(({ name, watchedFolder }) => ({
    name: `source ${name}`,
    path: watchedFolder.path ?? join(dataFolder, 'sources', name),
    settings: watchedFolder,
  })),
});

/** Whether folders lie in each other is told by where they really are: paths are absolute here. */
function refuseFolderCameras(config: AgentConfig, context: z.RefinementCtx): void {
  const cameras = config.sources.flatMap(({ name, camera }) =>
    camera.type === 'folder' ? [{ source: name, path: camera.path, depth: camera.depth }] : [],
  );
  if (cameras.length === 0) return;
  const watched = watchedIn(config);
  const own = [
    ...watched.sources.map(({ name, path }) => ({ name, path, resultIsFree: false })),
    ...watched.endpoints.map(({ name, path }) => ({ name: `endpoint "${name}"`, path, resultIsFree: true })),
  ];
  for (const { source, message } of folderFaults(cameras, own, realPath)) {
    const at = config.sources.findIndex(({ name }) => name === source);
    context.addIssue({ code: 'custom', path: ['sources', at, 'camera', 'path'], message });
  }
}

/** The same with absolute paths: relative ones are meant from this folder. */
const absoluteIn = (folder: string, { endpoints, ...config }: AgentConfig): AgentConfig => ({
  ...withAbsolutePaths(config, folder),
  endpoints: endpoints.map((endpoint) => withAbsoluteEndpoint(endpoint, folder)),
});

/** The schema with what depends on where the file lies: folders that must not lie in each other. */
export const agentConfigIn = (folder: string) =>
  agentConfig.superRefine((config, context) => {
    const whole = absoluteIn(folder, config);
    refuseFolderCameras(whole, context);
    refuseEndpoints(watchedIn(whole), realPath, context);
  });

/** Reads the file; relative paths in it are meant from its own folder. */
export function readAgentConfig(file: string): AgentConfig {
  const folder = dirname(resolve(file));
  return absoluteIn(folder, readConfig(file, agentConfigIn(folder)));
}

/**
 * The environment of the process that works on pictures: this process's own, with few arenas in glibc's malloc, since each thread of
 * libvips would keep what it freed in one of its own. Source: mallopt(3).
 */
export const pictureEnvironment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  MALLOC_ARENA_MAX: '2',
});

/** This process's own environment, of which a program that an endpoint runs gets what is named for it. */
export const ownEnvironment = (): NodeJS.ProcessEnv => process.env;

/** Threads on which Node calls the file system. Source: Node's documentation of UV_THREADPOOL_SIZE, whose default is 4. */
export const diskThreads = (): number => Math.max(1, Number(process.env.UV_THREADPOOL_SIZE) || 4);
