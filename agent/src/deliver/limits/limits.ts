import type { Clock } from '@vigie/shared/kit/clock';
import type { Pace } from '@vigie/shared/remote/remote-folder';
import type { Ledger } from '../../store/ledger.ts';
import { bandwidthAt } from './bandwidth-timetable.ts';
import { type Budget, createBudget } from './budget.ts';
import { createGate, type Gate } from './gate.ts';
import type { Limits } from './limits-config.ts';
import { createThrottle } from './throttle.ts';

/** What keeps deliveries to one destination in bounds; absent is what its configuration does not limit. */
export type DestinationLimits = { gate: Gate | undefined; pace: Pace | undefined; budget: Budget | undefined };

export function createLimits(
  { name, limits }: { name: string; limits: Limits },
  { zone, ledger, clock }: { zone: string; ledger: Ledger; clock: Clock },
): DestinationLimits {
  const { bandwidth, monthly, windows, thin } = limits;
  const throttled = (way: 'up' | 'down', table: NonNullable<typeof bandwidth>) =>
    createThrottle(() => bandwidthAt(table, clock.now(), zone)[way], clock).take;
  return {
    gate: windows.length > 0 || thin ? createGate({ windows, thin }, zone) : undefined,
    pace: bandwidth && { up: throttled('up', bandwidth), down: throttled('down', bandwidth) },
    budget: monthly === undefined ? undefined : createBudget({ ledger, destination: name, monthly, zone, clock }),
  };
}
