import type { Clock } from '@vigie/shared/kit/clock';
import type { Log } from '@vigie/shared/kit/log';
import { openRemote } from '@vigie/shared/remote/open';
import type { OpenRemote } from '@vigie/shared/remote/open-remote';
import { createThrottle } from './deliver/limits/throttle.ts';
import { createDrill, type Drill } from './drill/drill.ts';
import { cutOff } from './drill/remote.ts';
import { createResyncRate, type ResyncRate } from './resync/resync-rate.ts';
import { createDrills } from './store/drills.ts';
import type { Jobs } from './store/jobs.ts';
import type { Ledger } from './store/ledger.ts';
import type { Outbox } from './store/outbox.ts';
import { storedResyncRate } from './store/resync-rate.ts';

/** An outage drill, and what it cuts off. */
export type AgentDrill = Drill & {
  /** Opens a destination that a drill cuts off. */
  reach: OpenRemote;
  /** The same for an endpoint: a directory of its own may be on this machine, which no outage cuts off. */
  reachAway: OpenRemote;
};

export function openDrill(options: {
  ledger: Ledger;
  outbox: Outbox;
  jobs: Jobs;
  hasRoom: () => boolean;
  cut: (reason: string) => void;
  /** Deliveries may go on. */
  retry: () => void;
  clock: Clock;
  log: Log;
}): AgentDrill {
  const { ledger, outbox, jobs, hasRoom, cut, retry, clock, log } = options;
  const drill = createDrill({
    drills: createDrills(ledger, outbox, clock),
    openJobs: () => jobs.open().map(({ order }) => order.id),
    hasRoom,
    begun: () => cut('an outage drill has begun'),
    ended: retry,
    clock,
    log,
  });
  const reach: OpenRemote = (...where) => cutOff(() => openRemote(...where), drill.offline);
  return {
    ...drill,
    reach,
    reachAway: (config, ...where) => (config.type === 'sftp' ? reach : openRemote)(config, ...where),
  };
}

/** The rate that the hub gives this device's re-syncs, kept in the ledger. */
export const openResyncRate = (ledger: Ledger, clock: Clock): ResyncRate =>
  createResyncRate({ stored: storedResyncRate(ledger), throttle: (rate) => createThrottle(rate, clock).take });
