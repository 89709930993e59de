import { shareOf, turnsOf } from '@vigie/hub/resync/turns';
import type { JobState, Message } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';
import { deviceState, sourceState } from '../fleet/device-state.ts';
import { operatingHub } from '../operator/operating-hub.ts';

const job = (device: string, createdAt: number, state: JobState = 'QUEUED', want: 'run' | 'pause' = 'run') => ({
  ...{ site: 's', device, createdAt, state, want },
});
const turns = (jobs: ReturnType<typeof job>[], more: { had?: string[]; offline?: string[]; max?: number } = {}) =>
  [
    ...turnsOf({
      jobs,
      isOnline: (key) => !(more.offline ?? []).includes(key),
      had: new Set(more.had),
      devicesAtOnce: more.max ?? 2,
    }),
  ].sort();

test('the oldest order goes first; a device has one turn for all its jobs', () => {
  expect(turns([job('c', 3), job('a', 1), job('b', 2), job('a', 9)])).toEqual(['s/a', 's/b']);
  expect(turns([job('a', 1), job('a', 2), job('b', 3), job('c', 4)])).toEqual(['s/a', 's/b']);
});

test('who has a turn keeps it, also where an older order comes later; who runs is counted above the limit', () => {
  expect(turns([job('a', 1), job('b', 2), job('c', 3)], { had: ['s/c'] })).toEqual(['s/a', 's/c']);
  const running = [job('b', 2, 'RUNNING'), job('c', 3, 'RUNNING'), job('d', 4, 'RUNNING')];
  expect(turns([job('a', 1), ...running])).toEqual(['s/b', 's/c', 's/d']);
});

test('neither a device that is away nor a job that is paused or over holds a turn', () => {
  const had = ['s/a', 's/b'];
  expect(turns([job('a', 1, 'RUNNING'), job('b', 2), job('c', 3)], { had, offline: ['s/a'] })).toEqual(['s/b', 's/c']);
  expect(turns([job('a', 1, 'PAUSED', 'pause'), job('b', 2, 'SUCCEEDED'), job('c', 3)], { had })).toEqual(['s/c']);
});

test('the bandwidth is split over those whose turn it is', () => {
  expect(shareOf(undefined, new Set(['s/a']), 's/a')).toBe(undefined);
  expect(shareOf(900, new Set(['s/a', 's/b', 's/c']), 's/a')).toBe(300);
  expect(shareOf(900, new Set(['s/a', 's/b']), 's/x')).toBe(300);
  expect(shareOf(2, new Set(['s/a', 's/b', 's/c']), 's/a')).toBe(1);
});

test('eight devices after an outage of the hub: never more than three at once, the oldest order first, all in the end', async () => {
  const hub = await operatingHub(undefined, { devicesAtOnce: 3, bandwidth: 3_000_000 });
  const names = Array.from({ length: 8 }, (_, i) => `unit-${i}`);
  const update = (id: string, state: JobState): Message<'job/update'> => ({
    ...{ id, state, expectedVersion: 1, at: 1, failed: 0, message: null },
    ...{ total: { count: 1, bytes: 1 }, done: { count: 0, bytes: 0 } },
  });
  for (const device of names) {
    const address = { site: 'main', device };
    hub.devices.status(
      address,
      { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 },
      true,
    );
    hub.devices.state(address, deviceState({ sources: [sourceState()] }), true);
    hub.inventories.open({ ...address, source: 'garden' }, 'g');
    hub.clock.advance(1_000);
    const place = { ...address, source: 'garden', destination: 'archive' };
    hub.resync.startSelected({ ...place, all: true, days: [], paths: [], replace: false }, 'ada');
  }

  // Each device has what the broker keeps for it, and does as it says.
  const running = new Map<string, string>();
  const begun: string[] = [];
  let most = 0;
  for (let round = 0; begun.length < names.length || running.size > 0; round++) {
    expect(round).toBeLessThan(40);
    hub.resync.allot();
    for (const device of names) {
      const told = hub.next.get(device);
      const [order] = told?.jobs ?? [];
      if (!order || begun.includes(device)) continue;
      begun.push(device);
      running.set(device, order.id);
      hub.resync.updated({ site: 'main', device }, update(order.id, 'RUNNING'));
    }
    most = Math.max(most, running.size);
    const parts = [...running.keys()].map((device) => hub.next.get(device)?.bytesPerSecond ?? Number.POSITIVE_INFINITY);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeLessThanOrEqual(3_000_000);
    const [[device, id] = ['', '']] = running;
    running.delete(device);
    hub.resync.updated({ site: 'main', device }, update(id, 'SUCCEEDED'));
  }
  expect(most).toBe(3);
  expect(begun).toEqual(names);
});

test('a job that waits for its turn can be cancelled, and that reaches the device', async () => {
  const hub = await operatingHub(undefined, { devicesAtOnce: 1 });
  const select = (path: string) => ({
    ...{
      site: 'main',
      device: 'cam-1',
      source: 'garden',
      destination: 'archive',
      all: false,
      days: [],
      replace: false,
    },
    paths: [path],
  });
  hub.devices.status(
    { site: 'main', device: 'cam-0' },
    { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 },
    true,
  );
  hub.devices.state({ site: 'main', device: 'cam-0' }, deviceState({ sources: [sourceState()] }), true);
  hub.inventories.open({ site: 'main', device: 'cam-0', source: 'garden' }, 'g');
  hub.resync.startSelected({ ...select('20261101/a.jpg'), device: 'cam-0' }, 'ada');
  hub.clock.advance(1_000);
  const waits = hub.resync.startSelected(select('20261101/a.jpg'), 'ada');
  expect(hub.next.get('cam-1')?.jobs).toEqual([]);
  expect([hub.resync.waits(waits), hub.jobs.recent(5).filter(hub.resync.waits).length]).toEqual([true, 1]);
  hub.resync.order(waits.id, 'cancel', 'ada');
  expect(hub.next.get('cam-1')?.jobs).toMatchObject([{ id: waits.id, want: 'cancel' }]);
});
