import { join } from 'node:path';
import { createDeliverer, type Deliverer, type DelivererOptions } from '@vigie/agent/deliver/deliverer';
import type { Deliveries } from '@vigie/agent/store/deliveries';
import type { Clock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';

/** The agent's own deliverer from a folder `held` to `archive`, two files at a time, proved by size. */
export function deliverFrom(
  held: string,
  given: { remote: RemoteFolder; deliveries: Deliveries; clock: Clock } & Pick<DelivererOptions, 'backoff' | 'random'>,
): Deliverer {
  return createDeliverer({
    destination: 'archive',
    locate: (row) => join(held, row.path),
    address: (row) => row.path,
    lost: () => false,
    changed: () => undefined,
    workers: 2,
    proof: 'size',
    log: silentLog,
    ...given,
  });
}
