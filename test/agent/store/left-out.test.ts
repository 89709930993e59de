import { explainAsset } from '@vigie/agent/hub-link/explain';
import type { AssetRow } from '@vigie/agent/store/assets';
import { createCardCopies } from '@vigie/agent/store/card-copies';
import { applyFilter, forgetFilters } from '@vigie/agent/store/left-out';
import { createPurges } from '@vigie/agent/store/purges';
import { type DestinationFilter, takenBy } from '@vigie/shared/protocol/destination-filter';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { receiptOf } from '../../support/receipt.ts';

const JPG: DestinationFilter = { kinds: ['jpg'] };
const PAIR = { source: 'garden', destination: 'mirror' };

/** A ledger whose destination `mirror` takes what this filter lets through; `archive` takes everything. */
async function filtered(first: DestinationFilter | undefined) {
  let takes = takenBy(first);
  const parts = await testLedger(undefined, undefined, undefined, (at, path) => at === 'archive' || takes(path));
  const { ledger, deliveries, assets } = parts;
  const apply = (filter: DestinationFilter | undefined) => {
    takes = takenBy(filter);
    return applyFilter(ledger, { ...PAIR, filter }, parts.clock.now());
  };
  apply(first);
  const standing = (path: string, at = 'mirror') => deliveries.standing(assets.find(path)?.id ?? 0, at);
  function deliver(at: string): string[] {
    const paths: string[] = [];
    for (
      let next = deliveries.claim(at, ['live', 'backfill']);
      next;
      next = deliveries.claim(at, ['live', 'backfill'])
    ) {
      deliveries.verified(next, at, receiptOf('size'));
      paths.push(next.path);
    }
    return paths.sort();
  }
  return { ...parts, apply, standing, deliver };
}

const copyOf = ({ path, size, sha256 }: AssetRow) => ({
  ...{ serial: '1', card: 'A', folder: '/', name: path, bytes: size, modifiedAt: 0, sha256 },
});

test('what a filter leaves out is not owed there, and says so', async () => {
  const { file, deliver, deliveries, standing, clock } = await filtered(JPG);
  file('d/a.jpg');
  file('d/a.cr2');
  expect(deliveries.backlog('garden', 'mirror').count).toBe(1);
  expect(deliver('mirror')).toEqual(['d/a.jpg']);
  expect(deliver('archive')).toEqual(['d/a.cr2', 'd/a.jpg']);
  const told = explainAsset('d/a.cr2', standing('d/a.cr2'), undefined, clock.now());
  expect(told).toMatchObject({ cause: 'left-out', detail: 'the filter of "mirror" leaves it out' });
});

test('a changed filter: what it leaves out is owed no longer, what it lets in waits for an order', async () => {
  const { file, apply, standing, deliver, deliveries, jobs, clock } = await filtered(JPG);
  for (const path of ['d/a.jpg', 'd/a.cr2', 'd/a.xmp']) file(path);
  expect(deliver('mirror')).toEqual(['d/a.jpg']);
  file('d/b.jpg');
  expect(apply(JPG)).toBeUndefined();
  expect(apply({ kinds: ['raw'] })).toEqual({ leftOut: 1, letIn: 1 });
  // Delivered before: it stays proved.
  expect(standing('d/a.jpg')).toMatchObject({ state: 'verified' });
  expect(standing('d/b.jpg')).toMatchObject({ state: 'withdrawn', errorCode: 'left-out' });
  expect(standing('d/a.cr2')).toBeUndefined();
  expect(deliveries.backlog('garden', 'mirror').count).toBe(0);

  const selection = { source: 'garden', destination: 'mirror', all: true, replace: false };
  const dates = { createdAt: clock.now(), expiresAt: clock.now() + 1e6 };
  const order = { id: 'j1', type: 'resync' as const, version: 1, want: 'run' as const, ...dates, by: 'ada', selection };
  const selected = { all: true, days: [], paths: [] };
  const turn = async () => undefined;
  expect((await jobs.measure('garden', 'mirror', selected, turn)).total.count).toBe(1);
  expect(jobs.begin(order, selected).total.count).toBe(1);
  expect(deliver('mirror')).toEqual(['d/a.cr2']);
  // A path that is named and left out cannot be delivered, which the job says.
  const named = { all: false, days: [], paths: ['d/b.jpg'] };
  expect((await jobs.measure('garden', 'mirror', named, turn)).absent).toBe(1);

  expect(apply(undefined)).toEqual({ leftOut: 0, letIn: 2 });
  expect(deliveries.oweExisting('garden', 'mirror')).toBe(2);
  expect(deliver('mirror')).toEqual(['d/a.xmp', 'd/b.jpg']);
});

test('a pair that was configured no more and comes back has its filter applied anew', async () => {
  const { file, apply, ledger, standing } = await filtered(JPG);
  forgetFilters(ledger, [PAIR]);
  expect(apply(JPG)).toBeUndefined();
  forgetFilters(ledger, []);
  ledger.sqlite.exec("delete from delivery where destination = 'mirror'");
  file('d/a.cr2');
  ledger.sqlite.exec("delete from delivery where destination = 'mirror'");
  expect(standing('d/a.cr2')).toBeUndefined();
  expect(apply(JPG)).toEqual({ leftOut: 0, letIn: 0 });
  expect(standing('d/a.cr2')).toMatchObject({ errorCode: 'left-out' });
});

test('a card is freed, and a file may go, once those have proved it that take it', async () => {
  const { file, filed, deliver, ledger, assets, clock } = await filtered(JPG);
  const copies = createCardCopies({ ledger, source: 'garden', destinations: ['archive', 'mirror'], clock });
  file('d/a.cr2');
  file('d/a.jpg');
  copies.add(filed.map(copyOf));
  expect(copies.due(10)).toEqual([]);
  deliver('archive');
  expect(copies.due(10).map(({ name }) => name)).toEqual(['d/a.cr2']);
  deliver('mirror');
  expect(copies.due(10).map(({ name }) => name)).toEqual(['d/a.cr2', 'd/a.jpg']);

  const purges = createPurges({ ledger, assetsOf: () => assets });
  const kept = purges.at('garden', 'd/a.cr2');
  expect(kept?.standings).toEqual([
    { destination: 'archive', state: 'verified', receipt: 'size', isLeftOut: false },
    { destination: 'mirror', state: 'withdrawn', receipt: null, isLeftOut: true },
  ]);
});

test('where nobody takes it, it stays on the card', async () => {
  const { file, filed, ledger, clock } = await filtered(JPG);
  file('d/a.cr2');
  const copies = createCardCopies({ ledger, source: 'garden', destinations: ['mirror'], clock });
  copies.add(filed.map(copyOf));
  expect(copies.due(10)).toEqual([]);
});
