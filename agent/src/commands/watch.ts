import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { systemClock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import { createLog, type Log } from '@vigie/shared/kit/log';
import { ConfigError, parseConfig } from '@vigie/shared/kit/yaml-config';
import type { DestinationConfig } from '@vigie/shared/remote/destination-config';
import { openDirectory } from '@vigie/shared/remote/directory';
import type { OpenRemote } from '@vigie/shared/remote/open-remote';
import { diskThreads, ownEnvironment, pictureEnvironment } from '../config.ts';
import { planOf } from '../endpoints/changes.ts';
import type { Endpoints } from '../endpoints/endpoints.ts';
import { type EndpointsFile, endpointsFileIn } from '../endpoints/endpoints-file.ts';
import { followFile } from '../endpoints/follow-file.ts';
import { type JobRecord, lineOf } from '../endpoints/job-records.ts';
import { runOnce } from '../endpoints/once.ts';
import { realPath } from '../endpoints/real-path.ts';
import { openEndpoints } from '../open-endpoints.ts';
import { createPictureProcess } from '../process/picture-process.ts';
import { openEndpointBooks } from '../store/endpoint-books.ts';

export type WatchOptions = {
  /** The YAML file with the endpoints. */
  file: string;
  /** Until every input is empty, and no longer. */
  once: boolean;
  /** Ended jobs as JSON lines. */
  json: boolean;
  /** Endpoints with other tags than these do not run; empty: all run. */
  tags: string[];
};

/**
 * `vigie-agent watch`: endpoints alone. Ended jobs go to standard output, the log to standard error. Returns the exit code: 0; 1
 * where a job went to failure with `once`.
 */
export async function watch(options: WatchOptions, signal: AbortSignal): Promise<number> {
  const { file, tags } = options;
  const text = readText(file);
  const config = parse(file, text);
  const log = createLog('vigie-agent', config.log);
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 });
  await using opened = new AsyncDisposableStack();
  const books = opened.use(openEndpointBooks(config.dataFolder));
  const pictures = opened.use(createPictureProcess({ environment: pictureEnvironment(), clock: systemClock, log }));
  const remotes = createRemotes();
  await remotes.prepare(config.destinations);
  let failures = 0;
  const endpoints = openEndpoints({
    books,
    pictures,
    openRemote: remotes.open,
    environment: ownEnvironment(),
    threads: diskThreads(),
    ended(record) {
      if (record.end === 'failure') failures += 1;
      if (record.end !== 'stopped') tell(record, options.json);
    },
    clock: systemClock,
    random: Math.random,
    log,
  });
  if (options.once) {
    const plan = planOf(config, tags);
    await runOnce(plan.map(endpoints.create), systemClock, signal);
    return failures > 0 ? 1 : 0;
  }
  await follow({ file, text, config, tags, endpoints, prepare: remotes.prepare, log }, signal);
  return 0;
}

/** Runs what the file says, as it says it at any time, until the signal aborts. */
async function follow(
  options: {
    file: string;
    text: string;
    config: EndpointsFile;
    tags: string[];
    endpoints: Endpoints;
    prepare: (destinations: readonly DestinationConfig[]) => Promise<void>;
    log: Log;
  },
  signal: AbortSignal,
): Promise<void> {
  const { file, tags, endpoints, prepare, log } = options;
  let config = options.config;
  const followed = followFile({
    file,
    text: options.text,
    async changed(text) {
      const next = parse(file, text);
      if (next.dataFolder !== config.dataFolder)
        log.warn('"dataFolder" has changed: it is used from the next start on');
      config = next;
      await prepare(next.destinations);
      const { created, changed, removed } = await endpoints.apply(planOf(config, tags));
      log.info({ created, changed, removed }, 'the configuration was taken up');
    },
    faulty: (error) => log.error({ code: codeOf(error) }, `the last good configuration stays: ${messageOf(error)}`),
    clock: systemClock,
  });
  const hangUp = () => followed.reload();
  process.on('SIGHUP', hangUp);
  const runs = endpoints.run(signal);
  const { created } = await endpoints.apply(planOf(config, tags));
  log.info({ endpoints: created }, 'endpoints are watched');
  async function tellState(): Promise<void> {
    for (; !signal.aborted; await systemClock.sleep(config.stateEvery, signal)) {
      for (const { name, ...condition } of endpoints.conditions()) log.info({ endpoint: name, ...condition }, 'state');
    }
  }
  await Promise.all([runs, followed.run(signal), tellState()]);
  process.off('SIGHUP', hangUp);
}

/** SFTP is loaded where it is used: most watched folders never do, and it takes memory. */
function createRemotes(): { open: OpenRemote; prepare: (destinations: readonly DestinationConfig[]) => Promise<void> } {
  let openAny: OpenRemote | undefined;
  return {
    async prepare(destinations) {
      if (openAny || !destinations.some(({ type }) => type === 'sftp')) return;
      openAny = (await import('@vigie/shared/remote/open')).openRemote;
    },
    open(config, folder, options) {
      if (config.type === 'directory') return openDirectory(config, folder, options);
      if (openAny) return openAny(config, folder, options);
      throw new VigieError('config', `open destination "${config.name}": SFTP was not loaded for it`);
    },
  };
}

function tell(record: JobRecord, json: boolean): void {
  process.stdout.write(
    `${json ? JSON.stringify({ ...record, at: new Date(record.at).toISOString() }) : lineOf(record)}\n`,
  );
}

const parse = (file: string, text: string): EndpointsFile =>
  parseConfig(file, text, endpointsFileIn(dirname(resolve(file)), realPath));

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`read configuration ${JSON.stringify(file)}: ${messageOf(error)}`, error);
  }
}
