import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareWithPrevious } from '@vigie/hub/report/previous';
import { createReports } from '@vigie/hub/report/reports';
import { createReportRunner, type SideOpener } from '@vigie/hub/report/runner';
import { createReportHistory } from '@vigie/hub/store/report-history';
import { createReportStore } from '@vigie/hub/store/reports';
import { openStore } from '@vigie/hub/store/store';
import { type Clock, systemClock } from '@vigie/shared/kit/clock';
import { silentLog } from '@vigie/shared/kit/log';
import { noFigures, type Unmatched } from '@vigie/shared/protocol/report';
import { walk } from '@vigie/shared/remote/walk';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';

/** Two directories, a hub's database, and the runner that compares them. */
async function pair(clock: Clock = systemClock) {
  const store = openStore(await tempFolder());
  onTestFinished(() => store[Symbol.dispose]());
  const reports = createReportStore(store, clock);
  const history = createReportHistory(store);
  const sides: SideOpener = {
    open: async (side) => ({
      asOf: null,
      entries: (signal) => walk((side as { path: string }).path, { signal }),
    }),
    explain: async () => [],
    canSend: () => false,
  };
  const runner = createReportRunner({
    ...{ reports, history, sides, clock, log: silentLog, isMendable: () => false },
    changed: () => undefined,
    completed: () => undefined,
  });
  const services = createReports({
    ...{ reports, runner, isMendable: () => false, rate: () => null, changed: () => undefined },
    jobs: { ofReport: () => [] } as unknown as Parameters<typeof createReports>[0]['jobs'],
    jobDocument: () => {
      throw new Error('there are no jobs here');
    },
  });
  const folders = { left: await tempFolder(), right: await tempFolder() };
  const stopping = new AbortController();
  const running = runner.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
  });
  const put = async (side: 'left' | 'right', path: string, content = 'a picture') => {
    await mkdir(dirname(join(folders[side], path)), { recursive: true });
    await writeFile(join(folders[side], path), content);
  };
  return {
    services,
    reports,
    history,
    put,
    drop: (side: 'left' | 'right', path: string) => rm(join(folders[side], path)),
    async compare(filter: Parameters<typeof services.create>[0]['filter'] = {}) {
      const side = (path: string) => ({ type: 'directory' as const, path });
      const { id } = services.create({ left: side(folders.left), right: side(folders.right), filter }, 'test');
      return until(`report ${id} is complete`, () => {
        const report = services.get(id);
        return report?.state === 'completed' && report;
      });
    },
  };
}

const NONE = { missing: 0, extra: 0, differing: 0, corrupt: 0, unreadable: 0 };

test('a report says what has changed since the last one, and which of its entries are new', async () => {
  const { put, drop, compare, services } = await pair();
  for (const name of ['1', '2', '3', '4']) await put('left', `20261122/${name}.jpg`);
  await put('right', '20261122/4.jpg');
  await put('right', '20261122/old.jpg');
  const first = await compare();
  expect(first.previous).toBeNull();
  expect(services.unmatched(first.id, { isNew: true }, 0, 10).total).toBe(0);

  await put('right', '20261122/1.jpg');
  await put('right', '20261122/2.jpg', 'torn');
  await drop('right', '20261122/4.jpg');
  await put('left', '20261123/5.jpg');
  const second = await compare();
  expect(second.previous).toEqual({
    ...{ id: first.id, completedAt: first.completedAt },
    appeared: { ...NONE, missing: 2, differing: 1 },
    gone: { ...NONE, missing: 2 },
    stayed: { ...NONE, missing: 1, extra: 1 },
  });
  const fresh = services.unmatched(second.id, { isNew: true }, 0, 10);
  expect(fresh.total).toBe(3);
  expect(fresh.entries.map(({ path, isNew }) => [path, isNew])).toEqual([
    ['20261122/2.jpg', true],
    ['20261122/4.jpg', true],
    ['20261123/5.jpg', true],
  ]);
  expect(services.unmatched(second.id, { isNew: true, class: 'differing' }, 0, 10).total).toBe(1);
  expect(services.unmatched(second.id, { isNew: false }, 0, 10).entries.map(({ path }) => path)).toEqual([
    '20261122/3.jpg',
    '20261122/old.jpg',
  ]);

  services.remove(first.id);
  expect(services.get(second.id)?.previous).toMatchObject({ id: null, completedAt: first.completedAt });
});

test('a report with another filter is no report before', async () => {
  const { put, compare } = await pair();
  await put('left', '20261122/1.jpg');
  const jpg = await compare({ kinds: ['jpg', 'raw'] });
  expect((await compare()).previous).toBeNull();
  expect((await compare({ kinds: ['raw', 'jpg'], pathPrefix: '' })).previous?.id).toBe(jpg.id);
});

test('reports of the last days: what fell out of sight is not mended', async () => {
  const { put, compare, drop, reports, history } = await pair();
  await put('left', '20261121/a.jpg');
  await put('left', '20261122/b.jpg');
  await put('left', '20261122/c.jpg');
  const days = (fromDay: string) => ({ fromDay, lastDays: 2 }) as object;
  const before = await compare(days('20261121'));
  await drop('left', '20261122/b.jpg');
  await put('left', '20261123/d.jpg');
  const now = await compare(days('20261122'));
  expect(now.previous).toMatchObject({
    id: before.id,
    appeared: { ...NONE, missing: 1 },
    gone: { ...NONE, missing: 1 },
    stayed: { ...NONE, missing: 1 },
  });
  // The earlier days again, after the later ones: 20261121 was not looked at meanwhile, and nothing of it is new.
  const again = await compare(days('20261121'));
  expect(again.previous).toMatchObject({ id: now.id, appeared: NONE, gone: NONE });
  expect(reports.unmatched(again.id, { isNew: true }, 0, 10).total).toBe(0);
  expect(history.previousOf(reports.find(before.id) as never)?.id).toBe(again.id);
});

test('a last report that is removed while it is read is no ground for figures: the one before it is', async () => {
  const { reports, history } = await pair();
  const side = '{"type":"directory","path":"/nowhere"}';
  const entry = (n: number): Unmatched => ({
    ...{ class: 'missing', path: `20261123/${String(n).padStart(6, '0')}.jpg`, sourceSize: 1, destinationSize: null },
    ...{ cause: 'not at the destination', action: 'resync' },
  });
  const list = Array.from({ length: 12_000 }, (_, n) => entry(n));
  const complete = async (unmatched: Unmatched[]) => {
    const row = reports.create({ left: side, right: side, filter: '{}', by: 'test', trigger: 'person', sync: false });
    await reports.complete(row.id, {
      ...{ figures: noFigures(), matchedByDigest: 0, mendable: { count: 0, bytes: 0 }, asOf: null, unmatched },
      ...{ entries: 0, since: { previous: null, isNew: () => false }, listing: null, keptDays: [] },
    });
    return row;
  };
  const older = await complete(list.slice(0, 100));
  const newer = await complete(list);
  let pauses = 0;
  const clock = {
    async sleep() {
      pauses += 1;
      if (pauses !== 2) return;
      reports.remove(newer.id);
      while (history.sweep(1_000_000)) expect(reports.find(newer.id)).toBeUndefined();
    },
  };
  const row = reports.create({ left: side, right: side, filter: '{}', by: 'test', trigger: 'person', sync: false });
  const { previous } = await compareWithPrevious(row, list, { history, reports }, clock, new AbortController().signal);
  expect(previous).toMatchObject({
    id: older.id,
    appeared: { ...NONE, missing: 11_900 },
    gone: NONE,
    stayed: { ...NONE, missing: 100 },
  });
});
