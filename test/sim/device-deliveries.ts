import { createDeliverer, type Deliverer } from '@vigie/agent/deliver/deliverer';
import { createLimits } from '@vigie/agent/deliver/limits/limits';
import type { Limits } from '@vigie/agent/deliver/limits/limits-config';
import { createThrottle } from '@vigie/agent/deliver/limits/throttle';
import { createProofAudit } from '@vigie/agent/deliver/proof-audit';
import type { Drill } from '@vigie/agent/drill/drill';
import { cutOff } from '@vigie/agent/drill/remote';
import { createResyncRate } from '@vigie/agent/resync/resync-rate';
import type { AssetRow } from '@vigie/agent/store/assets';
import { createDeliveries } from '@vigie/agent/store/deliveries';
import { createDeliveryPauses } from '@vigie/agent/store/delivery-pauses';
import type { Ledger } from '@vigie/agent/store/ledger';
import type { Outbox } from '@vigie/agent/store/outbox';
import { createProofs } from '@vigie/agent/store/proofs';
import { storedResyncRate } from '@vigie/agent/store/resync-rate';
import { silentLog } from '@vigie/shared/kit/log';
import { folderOf } from '@vigie/shared/remote/destination-config';
import type { RemoteFolder } from '@vigie/shared/remote/remote-folder';
import type { Bug } from './bugs.ts';
import type { SimDestination, SimDisk } from './destination.ts';
import { guarded, type Meter } from './guard.ts';
import type { Life } from './time.ts';
import type { Wire } from './wire.ts';

/** The way of a device's pictures to its destinations: its queue, and for each destination limits, a deliverer and a second look at proofs. */
export function openDeliveries(options: {
  ledger: Ledger;
  outbox: Outbox;
  source: string;
  /** The folder of the source at each destination. */
  folder: string;
  address: { site: string; device: string };
  life: Life;
  wire: Wire;
  files: SimDisk;
  meter: Meter;
  destinations: readonly SimDestination[];
  limits: Limits;
  auditWithinMs: number;
  bug: Bug | undefined;
  workers: number;
  drill: () => Drill;
  lost: (row: AssetRow, message: string) => void;
  changed: () => void;
  fault: (message: string) => void;
  random: () => number;
}) {
  const { ledger, outbox, life, wire, files, destinations, workers, drill, changed, random } = options;
  const { clock } = life;
  const log = silentLog;
  const names = destinations.map(({ name }) => name);
  const limits = new Map(
    names.map((name) => [name, createLimits({ name, limits: options.limits }, { zone: 'UTC', ledger, clock })]),
  );
  const deliveries = createDeliveries({
    ledger,
    outbox,
    clock,
    destinationsOf: () => names,
    gateOf: (name) => (options.bug === 'hours-ignored' ? undefined : limits.get(name)?.gate),
  });
  const pauses = createDeliveryPauses(ledger, clock);
  const resyncRate = createResyncRate({
    stored: storedResyncRate(ledger),
    throttle: (rate) => createThrottle(rate, clock).take,
  });
  const address = (row: AssetRow) =>
    `${folderOf(options.folder, { ...options.address, source: row.source })}/${row.path}`;
  const isThinned = (destination: string, localPath: string): boolean => {
    const sql =
      'SELECT d.thinned FROM delivery d JOIN asset a ON a.id = d.asset_id WHERE a.path = ? AND d.destination = ?';
    const row = ledger.sqlite.prepare(sql).get(localPath.slice('/result/'.length), destination);
    return (row as { thinned: number } | undefined)?.thinned === 1;
  };
  const remotes = new Map<string, RemoteFolder>(
    destinations.map((at) => [
      at.name,
      cutOff(
        () =>
          guarded(at.open(life, '', wire, files), {
            ...options,
            destination: at.name,
            isThinned: (localPath) => isThinned(at.name, localPath),
            isDrilled: () => drill().acting() !== undefined,
          }),
        () => drill().offline(),
      ),
    ]),
  );
  const deliverers = new Map<string, Deliverer>(
    [...remotes].map(([destination, remote]) => [
      destination,
      createDeliverer({
        destination,
        remote,
        deliveries,
        locate: (row) => `/${row.tree}/${row.path}`,
        address,
        lost(row, message) {
          options.lost(row, message);
          return true;
        },
        changed,
        workers,
        proof: 'digest',
        paused: () => pauses.of(destination),
        cutOff: () => drill().acting() !== undefined,
        resyncPace: resyncRate.pace,
        pace: limits.get(destination)?.pace,
        budget: limits.get(destination)?.budget,
        backoff: { baseMs: 2_000, capMs: 120_000 },
        clock,
        random,
        log,
      }),
    ]),
  );
  const { auditWithinMs: withinMs } = options;
  const audits = [...remotes]
    .filter(() => withinMs > 0)
    .map(([destination, remote]) =>
      createProofAudit({
        ...{ destination, remote, proofs: createProofs(ledger, outbox, destination), address, withinMs },
        ...{ proof: options.bug === 'audit-by-size' ? 'size' : 'digest', changed, clock, log },
      }),
    );
  return { deliveries, pauses, resyncRate, deliverers, audits };
}
