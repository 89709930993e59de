import { combine, EMPTY_DIGEST, entryDigest } from '@vigie/shared/protocol/inventory';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';
import { tempFolder } from '../../support/temp.ts';

test('an asset is owed to every destination of its source from the moment it is filed, and told to the hub', async () => {
  const { assets, deliveries, outbox, file } = await testLedger();
  file('20261123/a.jpg', { size: 7 });
  expect(deliveries.backlog('garden', 'archive')).toEqual({ count: 1, bytes: 7 });
  expect(deliveries.backlog('garden', 'mirror')).toEqual({ count: 1, bytes: 7 });
  expect(assets.held()).toEqual({ count: 1, bytes: 7 });
  expect(outbox.after(0, 10)).toMatchObject([
    { seq: 1, type: 'captured', source: 'garden', sourceSeq: 1, entry: { path: '20261123/a.jpg', size: 7 } },
  ]);
});

test('an intention that a crash has left counts for nothing until it is filed, and is filed once', async () => {
  const folder = await tempFolder();
  const first = await testLedger(folder);
  const intent = {
    tree: 'result' as const,
    path: '20261123/a.jpg',
    size: 5,
    sha256: 'a'.repeat(64),
    kind: 'jpg' as const,
    capturedAt: 1,
    modifiedAt: 1,
    unreadable: undefined,
    preview: null,
  };
  first.assets.books.intend('j1', [intent]);
  expect(first.assets.held().count).toBe(0);
  first.ledger[Symbol.dispose]();

  const second = await testLedger(folder);
  expect(second.assets.books.intended('j1')).toMatchObject([{ path: '20261123/a.jpg', size: 5 }]);
  second.assets.books.filed('j1');
  second.assets.books.filed('j1');
  second.assets.books.closed('j1');
  expect(second.assets.held()).toEqual({ count: 1, bytes: 5 });
  expect(second.outbox.after(0, 10)).toHaveLength(1);
});

test('a job that ends without filing leaves no trace of its intention', async () => {
  const { assets } = await testLedger();
  assets.books.intend('j1', [
    {
      ...{ tree: 'result', path: 'x/a.jpg', size: 5, sha256: 'a'.repeat(64), kind: 'jpg' },
      ...{ capturedAt: 1, modifiedAt: 1, unreadable: undefined, preview: null },
    },
  ]);
  assets.books.closed('j1');
  expect(assets.books.intended('j1')).toEqual([]);
});

test('bucket digests follow what comes and goes', async () => {
  const { assets, file } = await testLedger();
  file('20261122/a.jpg');
  file('20261123/b.jpg');
  file('20261123/c.jpg');
  const entries = [...assets.entries(['20261123'], 1)].flat();
  expect(entries.map((e) => e.path)).toEqual(['20261123/b.jpg', '20261123/c.jpg']);
  const [, day] = assets.buckets();
  expect(day).toMatchObject({ day: '20261123', count: 2, bytes: 200 });
  expect(day?.digest).toBe(entries.map(entryDigest).reduce(combine, EMPTY_DIGEST));

  const row = assets.find('20261123/b.jpg');
  if (!row) throw new Error('the asset is not there');
  assets.remove(row, 'gone');
  expect(assets.buckets()[1]).toMatchObject({ count: 1, bytes: 100 });
  expect(assets.seq()).toBe(4);
});

test('a torn picture is counted under failure, and is owed to nobody', async () => {
  const { assets, deliveries, file } = await testLedger();
  file('20261123/torn.jpg', { unreadable: 'it ends too early' });
  expect(assets.buckets()).toMatchObject([{ day: 'failure', count: 1 }]);
  expect(assets.find('failure/20261123/torn.jpg')).toMatchObject({ unreadable: 'it ends too early' });
  expect(deliveries.backlog('garden', 'archive').count).toBe(0);
});

test('a ledger reopens at synchronous = FULL, with its generation kept and its session counted', async () => {
  const folder = await tempFolder();
  const first = await testLedger(folder);
  const { generation } = first.ledger;
  first.ledger[Symbol.dispose]();
  const { ledger } = await testLedger(folder);
  expect(ledger.sqlite.pragma('synchronous', { simple: true })).toBe(2);
  expect(ledger.sqlite.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(ledger.generation).toBe(generation);
  expect(ledger.session).toBe(2);
});

test('a name that comes again after its file was deleted by hand belongs to the new asset', async () => {
  const { assets, deliveries, outbox, file } = await testLedger();
  file('20261123/a.jpg', { size: 5 });
  file('20261123/a.jpg', { size: 9 });
  expect(assets.held()).toEqual({ count: 1, bytes: 9 });
  expect(deliveries.backlog('garden', 'archive')).toEqual({ count: 1, bytes: 9 });
  expect(outbox.after(0, 10).map((e) => e.type)).toEqual(['captured', 'removed', 'captured']);
});
