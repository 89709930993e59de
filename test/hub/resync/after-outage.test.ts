import { afterOutage } from '@vigie/hub/resync/after-outage';
import type { DeviceState } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';

const state = (backlog: number): DeviceState => ({
  at: 0,
  session: 1,
  version: '1',
  uptimeS: 1,
  residentBytes: 1,
  disk: { freeBytes: 1, totalBytes: 1 },
  clockTrusted: true,
  outbox: 0,
  sources: [
    {
      ...{ name: 'garden', camera: 'x', zone: 'UTC', capturing: false, everyMs: 1000, cron: null },
      ...{ lastCaptureAt: null, nextCaptureAt: null, lastFailure: null, waiting: 0, failures: 0 },
      ...{ generation: 'g', seq: 1, held: { count: 1, bytes: 1 }, storage: 'present' },
      destinations: [
        {
          ...{ name: 'archive', state: 'idle', backlog: { count: backlog, bytes: backlog }, oldestAt: null },
          ...{ verified: { count: 0, bytes: 0 }, lastDeliveryAt: null, error: null },
        },
      ],
    },
  ],
});
const facts = {
  presence: 'online' as const,
  state: state(0),
  reconciled: new Set(['garden']),
  listable: new Set(['archive']),
  unmovedMs: 0,
  stuckAfterMs: 60_000,
};

test('both ends are compared once the device is back, agrees with the hub and has nothing left on its way', () => {
  expect(afterOutage(facts)).toEqual({ do: 'report', pairs: [{ source: 'garden', destination: 'archive' }] });
});

test('until then it waits', () => {
  expect(afterOutage({ ...facts, presence: 'offline' }).do).toBe('wait');
  expect(afterOutage({ ...facts, reconciled: new Set() }).do).toBe('wait');
  expect(afterOutage({ ...facts, state: state(300) }).do).toBe('wait');
});

test('a queue that does not move is reported as it is', () => {
  expect(afterOutage({ ...facts, state: state(300), unmovedMs: 60_000 }).do).toBe('report');
});

test('a source on a slow link always has a picture on its way', () => {
  expect(afterOutage({ ...facts, state: state(1), unmovedMs: 15_000 }).do).toBe('report');
});

test('where the hub can list no destination, there is nothing to compare', () => {
  expect(afterOutage({ ...facts, listable: new Set() })).toEqual({ do: 'close' });
});
