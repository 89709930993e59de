import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { ENDPOINT_STATES_MAX, type EndpointState } from '@vigie/shared/protocol/endpoint-state';
import type { OpenRemote } from '@vigie/shared/remote/open-remote';
import { type AgentConfig, diskThreads, ownEnvironment, readAgentConfig } from './config.ts';
import { type PlannedEndpoint, planOf } from './endpoints/changes.ts';
import type { Endpoints } from './endpoints/endpoints.ts';
import { followFile } from './endpoints/follow-file.ts';
import { lineOf } from './endpoints/job-records.ts';
import type { PictureProcess } from './process/picture-process.ts';

/** The endpoints beside an agent's sources. Nothing of them is loaded or opened before there is one. */
export type AgentEndpoints = {
  /** Until the signal aborts. Endpoints in the file are followed; other keys of it count at the next start. */
  run(signal: AbortSignal): Promise<void>;
  states(): EndpointState[];
};

export function createAgentEndpoints(options: {
  config: AgentConfig;
  /** The agent's file; without it nothing is followed. */
  file: string | undefined;
  pictures: PictureProcess;
  openRemote: OpenRemote;
  clock: Clock;
  random: () => number;
  log: Log;
}): AgentEndpoints {
  const { config, file, pictures, openRemote, clock, random, log } = options;
  const plan = (from: AgentConfig) => planOf(from, from.tags);
  let endpoints: Endpoints | undefined;

  async function work(opened: AsyncDisposableStack, signal: AbortSignal): Promise<Endpoints> {
    const [{ openEndpoints }, { openEndpointBooks }] = await Promise.all([
      import('./open-endpoints.ts'),
      import('./store/endpoint-books.ts'),
    ]);
    const books = opened.use(openEndpointBooks(config.dataFolder));
    const made = openEndpoints({
      books,
      pictures,
      openRemote,
      environment: ownEnvironment(),
      threads: diskThreads(),
      ended: (record) => log.info({ endpoint: record.endpoint, job: record.job }, lineOf(record)),
      clock,
      random,
      log,
    });
    const runs = made.run(signal);
    opened.defer(() => runs);
    return made;
  }

  return {
    async run(signal) {
      await using opened = new AsyncDisposableStack();
      async function apply(wanted: readonly PlannedEndpoint[]): Promise<void> {
        if (wanted.length === 0 && endpoints === undefined) return;
        endpoints ??= await work(opened, signal);
        const { created, changed, removed } = await endpoints.apply(wanted);
        if (created.length + changed.length + removed.length > 0) {
          log.info({ created, changed, removed }, 'the configuration of endpoints was taken up');
        }
      }
      await apply(plan(config));
      if (file === undefined) return;
      const follows = followFile({
        file,
        // It is read once more at the beginning: it may have changed since.
        text: '',
        changed: () => apply(plan(readAgentConfig(file))),
        faulty: (error) => log.error({ code: codeOf(error) }, `the last good configuration stays: ${messageOf(error)}`),
        clock,
      });
      const hangUp = () => follows.reload();
      process.on('SIGHUP', hangUp);
      opened.defer(() => void process.off('SIGHUP', hangUp));
      await follows.run(signal);
    },
    states: () =>
      (endpoints?.conditions() ?? [])
        .sort((a, b) => Number(b.error !== null) - Number(a.error !== null))
        .slice(0, ENDPOINT_STATES_MAX)
        .map(({ name, state, waiting, staged, failures, lastScanAt, error }) => ({
          name,
          state,
          waiting,
          staged,
          failures,
          lastScanAt,
          error: error && { code: error.code.slice(0, 64), message: error.message.slice(0, 1000), ...hintOf(error) },
        })),
  };
}

const hintOf = ({ hint }: { hint: string | undefined }) => (hint === undefined ? {} : { hint: hint.slice(0, 500) });
