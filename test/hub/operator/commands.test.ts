import { HUB_COMMAND_BYTES_MAX, HUB_COMMANDS_BURST } from '@vigie/shared/protocol/hub-command';
import { expect, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';
import { LEFT, operatingHub, PLACE, RIGHT } from './operating-hub.ts';

const SIDES = { left: LEFT, right: RIGHT };

test('a command that comes twice is carried out once and answered twice, also by a hub that has started anew', async () => {
  const folder = await tempFolder();
  const hub = await operatingHub(folder);
  const first = await hub.give('report', 'r-1', SIDES);
  expect(first).toMatchObject({
    id: 'r-1',
    status: 'accepted',
    data: { report: { state: 'queued', by: 'operator ada' } },
  });
  expect(await hub.give('report', 'r-1', SIDES)).toEqual(first);
  hub.store[Symbol.dispose]();
  const again = await operatingHub(folder);
  expect(await again.give('report', 'r-1', SIDES)).toEqual(first);
  expect(again.reports.list(0, 10).total).toBe(1);
  expect(again.deeds).toEqual([]);
});

test('what is not carried out is answered with what is wrong, and changes nothing', async () => {
  const hub = await operatingHub();
  const error = async (...command: Parameters<typeof hub.give>) => (await hub.give(...command)).error;
  expect(await error('format-disk', 'a')).toMatchObject({
    code: 'unknown-command',
    message: expect.stringContaining('fleet, reports, report, report-status'),
  });
  expect(await error('report', 'b', SIDES, { expiresAt: hub.clock.now() - 1 })).toMatchObject({ code: 'expired' });
  expect(await error('report', 'c', { left: LEFT })).toMatchObject({
    code: 'arguments',
    message: expect.stringContaining('right'),
  });
  const own = { ...SIDES, left: { type: 'directory', path: '/' } };
  expect(await error('report', 'd', own)).toMatchObject({ code: 'arguments' });
  expect(await error('report-status', 'e', { report: 'r0' })).toMatchObject({ code: 'not-found' });
  expect(await error('rerun', 'f', { report: 'r0', sync: true })).toMatchObject({ code: 'not-found' });
  expect(await error('job', 'g', { job: 'none', order: 'pause' })).toMatchObject({ code: 'not-found' });
  expect(await error('resync', 'h', { ...PLACE, destination: 'nowhere', all: true })).toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('archive'),
  });
  expect(await error('resync', 'i', { ...PLACE, destination: 'archive' })).toMatchObject({ code: 'arguments' });
  expect(await error('report', 'j', SIDES, { expiresAt: undefined })).toMatchObject({ code: 'payload' });
  expect(hub.told.at(-1)?.reply.id).toBe('j');
  expect([hub.reports.list(0, 10).total, hub.jobs.recent(10), hub.deeds]).toEqual([0, [], []]);
});

test('an id is good for one command', async () => {
  const hub = await operatingHub();
  await hub.give('reports', 'x');
  expect((await hub.give('jobs', 'x')).error).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('reports'),
  });
  expect((await hub.give('reports', 'x')).status).toBe('ok');
});

test('what is no command, is too large or was kept by the broker does not get far', async () => {
  const hub = await operatingHub();
  const send = async (payload: string, retained = false) => {
    hub.operator.receive('reports', Buffer.from(payload), retained);
    await Promise.resolve();
    return hub.told.pop()?.reply;
  };
  expect(await send('{"id": "x",')).toMatchObject({ id: '', error: { code: 'payload' } });
  expect(await send('{"__proto__": {"id": "x"}}')).toMatchObject({ id: '', error: { code: 'payload' } });
  const large = JSON.stringify({ id: 'l', expiresAt: 9e15, args: { x: 'x'.repeat(HUB_COMMAND_BYTES_MAX) } });
  expect(await send(large)).toMatchObject({ error: { code: 'too-large' } });
  expect(await send(JSON.stringify({ id: 'k', expiresAt: 9e15 }), true)).toBeUndefined();
  expect(await send(JSON.stringify({ id: 'k', expiresAt: 9e15 }))).toMatchObject({ id: 'k', status: 'ok' });
});

test('the fleet is told with presence and backlog; what does not fit into one message is told to be too much', async () => {
  const hub = await operatingHub();
  const { data } = await hub.give('fleet', 'f-1', { device: 'cam-1' });
  expect(data).toMatchObject({
    total: 1,
    devices: [
      {
        ...{ site: 'main', device: 'cam-1', presence: 'online', backlog: { count: 0, bytes: 0 } },
        sources: [
          {
            name: 'garden',
            storage: 'present',
            inventory: { count: 3 },
            destinations: [{ name: 'archive', error: null }],
          },
        ],
      },
    ],
  });
  expect(await hub.give('fleet', 'f-2', { site: 'elsewhere' })).toMatchObject({ data: { total: 0, devices: [] } });
  const garden = sourceState();
  const destinations = Array.from({ length: 32 }, (_, n) => ({ ...garden.destinations[0], name: `destination-${n}` }));
  const names = Array.from({ length: 64 }, (_, n) => `source-${n}`);
  const sources = names.map((name) => sourceState({ name, destinations } as Parameters<typeof sourceState>[0]));
  hub.store.database.transaction(() => {
    for (const device of ['cam-1', 'cam-2']) {
      const birth = { state: 'ready', session: 1, generation: 'g', version: '1', at: 1, ackedSeq: 0 } as const;
      hub.devices.status({ site: 'main', device }, birth, true);
      for (const source of names) hub.inventories.open({ site: 'main', device, source }, 'g');
      hub.devices.state({ site: 'main', device }, deviceState({ sources }), true);
    }
  });
  expect((await hub.give('fleet', 'f-4', { limit: 1 })).status).toBe('ok');
  expect(await hub.give('fleet', 'f-3')).toMatchObject({ status: 'error', error: { code: 'too-large' } });
});

test('what the hub does by itself, and what happened, is told to whoever asks', async () => {
  const hub = await operatingHub();
  hub.activities.add('report', 'something happened', { site: 'main', device: 'cam-1' });
  const { data } = await hub.give('schedules', 's-1');
  expect(data).toMatchObject({
    setIn: 'hub.yaml',
    reports: [{ cron: '30 5 * * *', source: '*/*/*', days: 7, nextAt: '2026-11-24T04:30:00.000Z' }],
    keep: { reportsMs: 30 * 86_400_000, reportsAtLeast: 10 },
    resync: { policy: 'automatic', bytesPerSecond: null },
  });
  expect(await hub.give('activity', 'a-1', { limit: 1 })).toMatchObject({
    data: { activity: [{ message: 'something happened', device: 'cam-1' }] },
  });
});

test('certificates and what they do not vouch for are read when they are asked for', async () => {
  const hub = await operatingHub();
  const answered = (id: string) => until('it is answered', () => hub.told.find(({ reply }) => reply.id === id)?.reply);
  await hub.give('certificates', 'c-1', PLACE);
  expect(await answered('c-1')).toMatchObject({ status: 'ok', data: { total: 0, certificates: [] } });
  await hub.give('certificates', 'c-2', { ...PLACE, day: '20261101' });
  expect(await answered('c-2')).toMatchObject({ status: 'error', error: { code: 'not-found' } });
  await hub.give('certificates', 'c-3', { ...PLACE, source: 'nobody' });
  expect((await answered('c-3')).error?.message).toContain('the hub has never heard of it');
});

test('everything is put over what is there only by who has seen what that would be', async () => {
  const hub = await operatingHub();
  const all = { ...PLACE, destination: 'archive', all: true, replace: true };
  const refused = await hub.give('resync', 'r-1', all);
  expect(refused.error).toMatchObject({
    code: 'arguments',
    message: expect.stringContaining('ask with "preview" first'),
  });
  expect((await hub.give('resync', 'r-2', { ...all, token: 'f00' })).error?.message).toContain('another or an old one');
  expect(hub.jobs.open()).toEqual([]);
  const { data } = await hub.give('resync', 'r-3', { ...all, preview: true });
  const { token } = data as { token: string };
  expect(await hub.give('resync', 'r-4', { ...all, token })).toMatchObject({ status: 'ok' });
  hub.clock.advance(2 * 3_600_000);
  expect((await hub.give('resync', 'r-5', { ...all, token })).error).toMatchObject({ code: 'arguments' });
  // Without `replace` only what is missing is sent, and days and paths are few.
  expect((await hub.give('resync', 'r-6', { ...all, replace: false })).status).toBe('ok');
  expect((await hub.give('resync', 'r-7', { ...all, all: false, days: ['20261101'] })).status).toBe('ok');
});

test('a flood is refused, and may come again later', async () => {
  const hub = await operatingHub();
  for (let n = 0; n < HUB_COMMANDS_BURST; n++) expect((await hub.give('reports', `n-${n}`)).status).toBe('ok');
  expect((await hub.give('reports', 'more')).error).toMatchObject({ code: 'limit' });
  hub.clock.advance(200);
  expect((await hub.give('reports', 'more')).status).toBe('ok');
  expect((await hub.give('reports', 'and-more')).status).toBe('ok');
  expect((await hub.give('reports', 'too-many')).error).toMatchObject({ code: 'limit' });
  const before = hub.told.length;
  hub.operator.receive('reports', Buffer.from('no JSON'), false);
  expect(hub.told).toHaveLength(before);
});

test('the end of a report is told to whoever ordered it, once', async () => {
  const hub = await operatingHub();
  await hub.give('report', 'r-1', SIDES);
  const { id } = hub.reportStore.take() as { id: string };
  hub.operator.reportChanged(id);
  expect(hub.told).toHaveLength(1);
  hub.reportStore.end(id, 'failed', 'list "archive": it is gone');
  hub.operator.reportChanged(id);
  hub.operator.reportChanged(id);
  expect(hub.told).toHaveLength(2);
  expect(hub.told[1]).toMatchObject({
    name: 'report',
    reply: { id: 'r-1', status: 'error', error: { code: 'report', message: expect.stringContaining('it is gone') } },
  });
  expect(hub.told[1]?.reply.data).toMatchObject({ report: { id, state: 'failed' } });
  expect(await hub.give('report', 'r-1', SIDES)).toEqual(hub.told[1]?.reply);
});

test('a report that is cancelled by somebody else is told as such', async () => {
  const hub = await operatingHub();
  await hub.give('report', 'r-1', SIDES);
  const { id } = hub.reports.list(0, 1).reports[0] as { id: string };
  expect(await hub.give('report-cancel', 'c-1', { report: id })).toMatchObject({ status: 'ok' });
  expect(hub.told.find(({ reply }) => reply.id === 'r-1' && reply.status === 'error')?.reply.error?.message).toContain(
    'it was cancelled',
  );
  expect(await hub.give('report-remove', 'c-2', { report: id })).toMatchObject({ data: { removed: id } });
  expect(hub.deeds.map(({ action, actor, address }) => [action, actor, address])).toEqual([
    ['report-create', 'operator ada', 'mqtt'],
    ['report-cancel', 'operator ada', 'mqtt'],
    ['report-remove', 'operator ada', 'mqtt'],
  ]);
});

test('what could not be told while the link was down is told when it is back, the newest answer alone', async () => {
  const hub = await operatingHub();
  hub.link(false);
  await hub.give('report', 'r-1', SIDES);
  await hub.give('reports', 'l-1');
  const { id } = hub.reportStore.take() as { id: string };
  // The hub stops before it can tell: nobody hears of the change.
  hub.reportStore.end(id, 'failed', 'gone');
  expect(hub.told).toEqual([]);
  hub.link(true);
  await until('both are told', () => hub.told.length === 2);
  expect(hub.told.map(({ reply }) => [reply.id, reply.status]).sort()).toEqual([
    ['l-1', 'ok'],
    ['r-1', 'error'],
  ]);
  hub.link(true);
  await Promise.resolve();
  expect(hub.told).toHaveLength(2);
});

test('a re-sync is measured, ordered, and told to the device', async () => {
  const hub = await operatingHub();
  const named = { ...PLACE, destination: 'archive' };
  const preview = async (id: string, args: object) =>
    (await hub.give('resync', id, { ...named, ...args, preview: true })).data;
  expect(await preview('p-1', { all: true })).toMatchObject({
    preview: true,
    total: { count: 3, bytes: 300 },
    seconds: 1,
  });
  expect(await preview('p-2', { days: ['20261101'] })).toMatchObject({ total: { count: 2 } });
  expect(
    await preview('p-3', { days: ['20261101'], paths: ['20261101/a.jpg', '20261102/c.jpg', 'none.jpg'] }),
  ).toMatchObject({
    total: { count: 3 },
  });
  expect(hub.jobs.recent(10)).toEqual([]);
  const { data } = await hub.give('resync', 'o-1', { ...named, days: ['20261102'], expiryMs: 5_000 });
  expect(data).toMatchObject({ jobs: [{ source: 'garden', total: { count: 1 }, by: 'operator ada', reportId: null }] });
  const [order] = hub.published.at(-1) as NonNullable<(typeof hub.published)[0]>;
  expect(order).toMatchObject({ want: 'run', expiresAt: hub.clock.now() + 5_000, selection: { days: ['20261102'] } });
  const job = (order as { id: string }).id;
  expect(await hub.give('job', 'o-2', { job, order: 'pause' })).toMatchObject({ data: { job: { want: 'pause' } } });
  expect(hub.published.at(-1)).toMatchObject([{ id: job, want: 'pause', version: 2 }]);
  expect(await hub.give('jobs', 'o-3', { open: true })).toMatchObject({ data: { total: 1, jobs: [{ id: job }] } });
});

test('the command of a failed order leaves nothing behind but its answer', async () => {
  const hub = await operatingHub();
  const before = hub.reportStore.create;
  hub.reportStore.create = (values) => {
    before(values);
    throw new Error('the disk is gone');
  };
  expect(await hub.give('report', 'r-1', SIDES)).toMatchObject({
    status: 'error',
    error: { message: 'the disk is gone' },
  });
  expect(hub.reports.list(0, 10).total).toBe(0);
});
