import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { encodeMessage } from '@vigie/shared/link/payload';
import { hubTopic } from '@vigie/shared/protocol/topics';
import type { HubServices } from './http/services.ts';
import { createHubCommands, type HubCommands } from './operator/commands.ts';
import { hubCommandHandlers } from './operator/handlers.ts';
import { reportAnswer } from './operator/report-answer.ts';
import type { Resync } from './resync/orders.ts';
import { createOperatorReplies } from './store/operator-replies.ts';
import type { Store } from './store/store.ts';
import type { Deed } from './users/audit.ts';

/** Joins what operators order of the hub by MQTT with the parts that carry it out. */
export function createHubOperator(options: {
  store: Store;
  fleet: HubServices['fleet'];
  reports: HubServices['reports'];
  jobs: HubServices['jobs'];
  drills: HubServices['drills'];
  certificates: HubServices['certificates'];
  schedules: HubServices['schedules'];
  activity: HubServices['activity'];
  resync: Resync;
  say: (topic: string, payload: string) => Promise<void>;
  audit: (deed: Deed) => void;
  clock: Clock;
  log: Log;
}): HubCommands {
  const { store, reports, say, audit, clock, log } = options;
  return createHubCommands({
    handlers: hubCommandHandlers(options),
    replies: createOperatorReplies(store, clock),
    reportDocument(id, entries) {
      const data = reportAnswer(reports, id, 0, entries);
      const { state, error } = data.report;
      const failed = state === 'failed' ? (error ?? 'it failed') : state === 'cancelled' ? 'it was cancelled' : null;
      return { ended: state !== 'queued' && state !== 'running', failed, data };
    },
    atomically: (work) => store.database.transaction(work),
    publish: (name, reply) => say(hubTopic('reply', name), encodeMessage('reply', reply)),
    audit,
    clock,
    log,
  });
}
