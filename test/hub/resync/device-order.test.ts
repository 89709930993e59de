import { agree } from '@vigie/hub/store/agree';
import type { JobOrder, Message } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';
import { ADDRESS, operatingHub } from '../operator/operating-hub.ts';

const ORDER: JobOrder = {
  ...{ id: 'operator-1', type: 'resync', version: 1, want: 'run', createdAt: 1, expiresAt: 9e15, by: 'operator ada' },
  origin: 'operator',
  selection: { source: 'garden', destination: 'archive', all: true, replace: false },
};
const update = (fields: Partial<Message<'job/update'>> = {}): Message<'job/update'> => ({
  ...{ id: 'operator-1', state: 'RUNNING', expectedVersion: 1, at: 1, failed: 0, message: null },
  ...{ total: { count: 3, bytes: 300 }, done: { count: 1, bytes: 100 } },
  ...fields,
});

test.each([
  // The hub's order, what the device says, what holds then.
  [{ version: 2, want: 'pause' }, ['RUNNING', 1], { version: 2, want: 'pause', stands: false }],
  [{ version: 2, want: 'pause' }, ['PAUSED', 2], { version: 2, want: 'pause', stands: true }],
  [{ version: 1, want: 'run' }, ['PAUSED', 2], { version: 2, want: 'pause', stands: true }],
  [{ version: 1, want: 'pause' }, ['RUNNING', 3], { version: 3, want: 'run', stands: true }],
  [{ version: 2, want: 'pause' }, ['RUNNING', 2], { version: 3, want: 'pause', stands: false }],
  [{ version: 2, want: 'cancel' }, ['PAUSED', 2], { version: 3, want: 'cancel', stands: false }],
  [{ version: 3, want: 'run' }, ['CANCELLED', 2], { version: 3, want: 'run', stands: true }],
] as const)('order %j and answer %j agree on %j', (order, [state, expectedVersion], expected) => {
  expect(agree(order, { state, expectedVersion })).toEqual(expected);
});

test('a job that an operator ordered of the device becomes the hub’s, once, and ends as told', async () => {
  const hub = await operatingHub();
  hub.resync.updated(ADDRESS, update());
  expect(hub.jobs.recent(10)).toEqual([]);
  for (let n = 0; n < 2; n++) hub.resync.updated(ADDRESS, update({ order: ORDER }));
  expect(hub.jobs.recent(10)).toMatchObject([{ id: 'operator-1', by: 'operator ada', state: 'RUNNING', doneCount: 1 }]);
  expect(hub.activities.recent(10).filter(({ message }) => message.includes('at the device itself'))).toHaveLength(1);
  // A device whose ledger is lost would find the whole order where its orders lie.
  expect(hub.published.at(-1)).toMatchObject([{ id: 'operator-1', selection: ORDER.selection }]);
  hub.resync.updated(ADDRESS, update({ state: 'SUCCEEDED', done: { count: 3, bytes: 300 } }));
  hub.resync.updated(ADDRESS, update({ state: 'RUNNING', order: ORDER }));
  expect(hub.jobs.find('operator-1')).toMatchObject({ state: 'SUCCEEDED', doneCount: 3 });
  expect(hub.published.at(-1)).toEqual([]);
});

test('a device whose clock is wrong by decades has its job kept for as long as it says, and not ended at once', async () => {
  const hub = await operatingHub();
  const order = { ...ORDER, createdAt: 10_000, expiresAt: 10_000 + 3_600_000 };
  hub.resync.updated(ADDRESS, update({ at: 70_000, order }));
  const now = hub.clock.now();
  expect(hub.jobs.find('operator-1')).toMatchObject({ createdAt: now - 60_000, expiresAt: now + 3_540_000 });
  hub.resync.expire();
  expect(hub.jobs.find('operator-1')?.state).toBe('RUNNING');
});

test('an order that was given at the device is taken over, and the hub’s next one is newer', async () => {
  const hub = await operatingHub();
  hub.resync.updated(ADDRESS, update({ order: ORDER }));
  hub.resync.updated(ADDRESS, update({ state: 'PAUSED', expectedVersion: 2 }));
  expect(hub.jobs.find('operator-1')).toMatchObject({ state: 'PAUSED', want: 'pause', version: 2 });
  expect(hub.published.at(-1)).toMatchObject([{ want: 'pause', version: 2 }]);
  hub.resync.order('operator-1', 'run', 'bob');
  expect(hub.published.at(-1)).toMatchObject([{ want: 'run', version: 3 }]);
});

test('no device takes over another’s job, nor tells of jobs without end', async () => {
  const hub = await operatingHub();
  hub.resync.updated(ADDRESS, update({ order: ORDER }));
  hub.resync.updated({ site: 'main', device: 'cam-2' }, update({ state: 'CANCELLED', order: ORDER }));
  expect(hub.jobs.find('operator-1')).toMatchObject({ device: 'cam-1', state: 'RUNNING' });
  for (let n = 0; n < 40; n++) hub.resync.updated(ADDRESS, update({ id: `o-${n}`, order: { ...ORDER, id: `o-${n}` } }));
  expect(hub.jobs.recent(200)).toHaveLength(32);
});
