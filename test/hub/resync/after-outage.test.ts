import { afterOutage } from '@vigie/hub/resync/after-outage';
import { expect, test } from 'vitest';
import { deviceState, sourceState } from '../fleet/device-state.ts';

const state = (backlog: number) => deviceState({ sources: [sourceState({}, backlog)] });
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
