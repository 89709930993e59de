import type { Entry } from '@vigie/shared/protocol/asset';
import type { DeviceEvent } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';
import { randomOf } from '../../support/random.ts';
import { ADDRESS, listeningHub } from './listening-hub.ts';

const entry = (n: number): Entry => ({
  path: `20261101/2026110108000${n}.jpg`,
  size: 100 + n,
  sha256: `${n}`.repeat(64),
  modifiedAt: n,
});

/** Four assets come; one of them goes, and comes again with other content. */
const STORY: [type: 'captured' | 'removed', entry: Entry][] = [
  ['captured', entry(1)],
  ['captured', entry(2)],
  ['removed', entry(1)],
  ['captured', { ...entry(1), size: 999, sha256: 'f'.repeat(64) }],
  ['captured', entry(3)],
];
const HISTORY = STORY.map(
  ([type, about], index): DeviceEvent =>
    ({
      type,
      source: 'garden',
      entry: about,
      seq: index + 1,
      sourceSeq: index + 1,
      generation: 'g',
      at: index,
      historical: false,
      ...(type === 'captured' ? { capturedAt: index } : { reason: 'a person removed it' }),
    }) as DeviceEvent,
);
const AT_THE_END = [entry(2), entry(3), STORY[3]?.[1] as Entry].sort((a, b) => (a.path < b.path ? -1 : 1));

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

test('a short history in any order, some of it twice and some lost, is taken once: what is not acknowledged is told again', async () => {
  const random = randomOf(24);
  for (const [index, order] of permutations(HISTORY).entries()) {
    const hub = await listeningHub('g');
    const onTheWay = order.flatMap((event) => {
      const fate = random();
      if (fate < 0.2) return [];
      return fate < 0.5 ? [event, event] : [event];
    });
    for (const event of onTheWay) await hub.hearEvent(event);
    const acked = () => hub.devices.find(ADDRESS)?.ackedSeq ?? 0;
    // Nothing is acknowledged whose predecessors are not committed.
    const heard = new Set(onTheWay.map(({ seq }) => seq));
    for (let seq = 1; seq <= acked(); seq++) expect(heard.has(seq), `permutation ${index}`).toBe(true);
    // The device tells the rest again, in order, as it does when no acknowledgement comes.
    for (const event of HISTORY.slice(acked())) await hub.hearEvent(event);
    expect(acked()).toBe(HISTORY.length);
    expect([...hub.inventories.entries(hub.row())], `permutation ${index}`).toEqual(AT_THE_END);
    expect(hub.inventories.amount(hub.row())).toEqual({ count: 3, bytes: 102 + 103 + 999 });
  }
});
