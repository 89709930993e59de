import { createPurges } from '@vigie/agent/store/purges';
import { actionOfSource } from '@vigie/hub/report/action';
import { createComparison } from '@vigie/hub/report/compare';
import { createSideOpener } from '@vigie/hub/report/open-side';
import { systemClock } from '@vigie/shared/kit/clock';
import type { Entry } from '@vigie/shared/protocol/asset';
import type { Message } from '@vigie/shared/protocol/messages';
import { openRemote } from '@vigie/shared/remote/open';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';
import { ADDRESS, listeningHub } from '../fleet/listening-hub.ts';

const NAME = { ...ADDRESS, source: 'garden' };

/** An agent's ledger, and a hub that hears its events; `purge` removes what `archive` has proved. */
async function pair() {
  const agent = await testLedger();
  const { generation } = agent.ledger;
  const { inventories, activities, devices, row, hearEvent, hearState } = await listeningHub(generation);
  const purges = createPurges({ ledger: agent.ledger, assetsOf: () => agent.assets });
  return {
    ...agent,
    /** The device tells its state. */
    tellState: () => hearState(stateOf(agent)),
    inventories,
    activities,
    devices,
    row,
    known: () => [...inventories.entries(row())],
    async tellHub() {
      for (const event of agent.outbox.after(0, 1000)) await hearEvent(event);
    },
    purge(path: string) {
      const asset = purges.at('garden', path);
      if (!asset) throw new Error(`${path} is not held`);
      const { size, modifiedAt, capturedAt } = asset;
      const names = [`result/${path}`];
      const candidate = { asset, isWhole: true, names, size, modifiedAt, agedAt: capturedAt };
      const begun = purges.begin([candidate], { mayGo: () => ['archive'], reason: 'the disk was full', at: 5000 });
      purges.end(
        begun.map(({ id }) => id),
        5001,
      );
    },
  };
}

/** A state with the one source, which delivers to `archive`. */
function stateOf({ ledger, assets }: Awaited<ReturnType<typeof testLedger>>): Message<'state'> {
  const { generation, session } = ledger;
  const held = { generation, seq: assets.seq(), held: assets.held() };
  return deviceState({ at: 1, session, sources: [sourceState(held)] });
}

function compared(left: Entry[], right: Entry[]) {
  const comparison = createComparison();
  for (const entry of left) comparison.left(entry);
  for (const entry of right) comparison.right(entry);
  return comparison.finish();
}

test('a purged asset that its destination holds is matched: neither a loss, nor an extra that could be deleted', async () => {
  const { file, purge, tellHub, known, assets } = await pair();
  file('20261123/a.jpg');
  file('20261123/b.jpg');
  await tellHub();
  const atDestination = known().map(({ path, size }) => ({ path, size }));
  purge('20261123/a.jpg');
  await tellHub();
  expect(assets.held()).toEqual({ count: 1, bytes: 100 });
  expect(known()).toMatchObject([{ path: '20261123/a.jpg', purgedAt: 5000 }, { path: '20261123/b.jpg' }]);
  const { figures, unmatched } = compared(known(), atDestination);
  expect(unmatched).toEqual([]);
  expect(figures.matched.count).toBe(2);
});

test('a purged asset that has gone from its destination as well is missing, with the reason, and no re-sync is promised', async () => {
  const { file, purge, tellHub, tellState, known, inventories, devices } = await pair();
  file('20261123/a.jpg');
  file('20261123/b.jpg');
  purge('20261123/a.jpg');
  await tellHub();
  await tellState();
  const { unmatched } = compared(known(), []);
  expect(unmatched).toMatchObject([
    {
      class: 'missing',
      path: '20261123/a.jpg',
      cause:
        'not at the destination; the source removed its file on 1970-01-01T00:00:05.000Z, after a destination had proved it',
    },
    { class: 'missing', path: '20261123/b.jpg', cause: 'not at the destination' },
  ]);
  const sides = createSideOpener({
    devices,
    inventories,
    destinations: [],
    openRemote,
    commander: { send: async () => ({ id: '1', status: 'error', at: 1 }) } as never,
    reconcile: () => undefined,
    clock: systemClock,
  });
  const left = { type: 'source', ...NAME } as const;
  expect(sides.canSend(left, { type: 'destination', destination: 'archive', ...NAME })).toBe(true);
  expect(sides.canSend(left, { type: 'destination', destination: 'elsewhere', ...NAME })).toBe(false);
  const actions = unmatched.map((entry) => actionOfSource(entry, undefined));
  expect(actions).toEqual(['copy-from-elsewhere', 'resync']);
});

test('the digests of both sides agree before and after a purge, and once its name is taken again', async () => {
  const { file, purge, tellHub, assets, inventories, row } = await pair();
  file('20261123/a.jpg', { size: 10 });
  file('20261123/b.jpg', { size: 20 });
  const agree = async () => {
    await tellHub();
    expect(inventories.buckets(row())).toEqual(assets.buckets());
  };
  await agree();
  purge('20261123/a.jpg');
  await agree();
  expect([...assets.entries(['20261123'], 1)].flat()).toHaveLength(2);
  file('20261123/a.jpg', { size: 30 });
  await agree();
  expect(assets.held()).toEqual({ count: 2, bytes: 50 });
  expect(assets.purged('20261123/a.jpg')).toBeUndefined();
});

test('what a purge removes does not fill the list of activities', async () => {
  const { file, purge, tellHub, activities } = await pair();
  file('20261123/a.jpg');
  purge('20261123/a.jpg');
  await tellHub();
  expect(activities.recent(100).filter(({ type }) => type === 'removed')).toEqual([]);
});
