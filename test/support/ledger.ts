import type { Gate } from '@vigie/agent/deliver/limits/gate';
import { type AssetRow, createAssets } from '@vigie/agent/store/assets';
import { createDeliveries } from '@vigie/agent/store/deliveries';
import { createJobs } from '@vigie/agent/store/jobs';
import { openLedger } from '@vigie/agent/store/ledger';
import type { Takes } from '@vigie/agent/store/left-out';
import { createOutbox } from '@vigie/agent/store/outbox';
import type { Clock } from '@vigie/shared/kit/clock';
import { kindOf } from '@vigie/shared/protocol/asset';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp.ts';

/** A clock that stands until it is moved; it does not wait. */
export function handClock(now = Date.UTC(2026, 10, 23, 12)): Clock & { advance(ms: number): void } {
  let at = now;
  return {
    now: () => at,
    monotonic: () => at,
    sleep: async () => undefined,
    advance(ms) {
      at += ms;
    },
  };
}

/** A real ledger in a folder of its own, with a source `garden` that owes to `archive` and `mirror`. */
export async function testLedger(
  folder?: string,
  given?: Clock,
  gateOf?: (destination: string) => Gate | undefined,
  takes?: Takes,
) {
  const hand = handClock();
  const clock = given ? { ...given, advance: hand.advance } : hand;
  const ledger = openLedger(folder ?? (await tempFolder()));
  onTestFinished(() => ledger[Symbol.dispose]());
  const outbox = createOutbox(ledger, clock, () => undefined);
  const deliveries = createDeliveries({
    ledger,
    outbox,
    clock,
    destinationsOf: () => ['archive', 'mirror'],
    ...(gateOf && { gateOf }),
    ...(takes && { takes }),
  });
  const filed: AssetRow[] = [];
  const assets = createAssets({
    ledger,
    source: 'garden',
    outbox,
    deliveries,
    clock,
    filed: (row) => filed.push(row),
  });
  const jobs = createJobs(ledger, clock, takes);
  let number = 0;

  /** Files one asset as the watched folder does; returns its path. */
  function file(
    path: string,
    options: { capturedAt?: number; size?: number; unreadable?: string; jobId?: string; sha256?: string } = {},
  ): string {
    number += 1;
    const jobId = options.jobId ?? `job-${number}`;
    assets.books.intend(jobId, [
      {
        tree: options.unreadable === undefined ? 'result' : 'failure',
        path,
        size: options.size ?? 100,
        sha256: options.sha256 ?? number.toString(16).padStart(64, '0'),
        kind: kindOf(path),
        capturedAt: options.capturedAt ?? clock.now(),
        modifiedAt: clock.now(),
        unreadable: options.unreadable,
        preview: null,
      },
    ]);
    assets.books.filed(jobId);
    assets.books.closed(jobId);
    return path;
  }
  return { clock, ledger, outbox, deliveries, assets, jobs, filed, file };
}
