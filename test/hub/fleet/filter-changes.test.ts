import { filterChanges } from '@vigie/hub/fleet/filter-changes';
import type { DestinationFilter } from '@vigie/shared/protocol/destination-filter';
import { expect, test } from 'vitest';
import { deviceState, sourceState } from './device-state.ts';

const state = (filter: DestinationFilter | undefined) => {
  const source = sourceState();
  return deviceState({ sources: [{ ...source, destinations: source.destinations.map((d) => ({ ...d, filter })) }] });
};

test('a filter that is another than before is told, and nothing else', () => {
  const jpg = { kinds: ['jpg' as const], paths: ['!*-test.*'] };
  expect(filterChanges(null, state(jpg))).toEqual([]);
  expect(filterChanges(deviceState(), state(jpg))).toEqual([]);
  expect(filterChanges(state(jpg), state(jpg))).toEqual([]);
  expect(filterChanges(state(undefined), state(jpg))).toEqual([
    expect.stringMatching(
      /^archive takes only jpg · !\*-test\.\* of garden from now on: what it leaves out is not owed/,
    ),
  ]);
  expect(filterChanges(state(jpg), state(undefined))[0]).toMatch(/^archive takes everything of garden/);
});
