import { beforeAll, expect, test } from 'vitest';
import { until } from '../../support/temp.ts';
import { createMemoryHub } from './memory-hub.ts';
import { type Hub, openHttp } from './open-http.ts';

type Report = ReturnType<Hub['services']['reports']['create']>;
let hub: Hub;
const cookies: Record<string, string> = {};
const valley = { site: 'alps', device: 'summit-1', source: 'valley' };
const sides = {
  left: { type: 'source', ...valley },
  right: { type: 'destination', destination: 'archive', ...valley },
};

beforeAll(async () => {
  hub = openHttp({ services: createMemoryHub({ now: Date.now, days: 5 }) });
  for (const role of ['operator', 'admin'] as const) cookies[role] = await hub.as(role);
});

const post = (path: string, body?: unknown, role = 'operator') =>
  hub.ask(`/api/v1${path}`, {
    method: 'POST',
    cookie: cookies[role] as string,
    ...(body === undefined ? {} : { body }),
  });
const get = async <T>(path: string) =>
  (await (await hub.ask(`/api/v1${path}`, { cookie: cookies.operator as string })).json()) as T;
const completed = (id: string) =>
  until(`report ${id} is complete`, async () => {
    const report = await get<Report>(`/reports/${id}`);
    return report.state === 'completed' && report;
  });

test('from a report to its unmatched assets, a re-sync, and what that leaves', async () => {
  const created = await post('/reports', sides);
  expect(created.status).toBe(201);
  const { id } = (await created.json()) as Report;
  const report = await completed(id);
  expect(report.by).toBe('operator@example.org');
  expect(report.missing.count).toBeGreaterThan(0);
  expect(report.extra.count).toBe(3);

  const missing = await get<{ total: number; entries: { class: string; path: string }[] }>(
    `/reports/${id}/unmatched?class=missing&limit=2`,
  );
  expect(missing.total).toBe(report.missing.count);
  expect(missing.entries).toHaveLength(2);
  expect((await get<{ total: number }>(`/reports/${id}/unmatched?search=IMG_0417`)).total).toBe(1);
  const estimate = await get<ReturnType<Hub['services']['reports']['estimate']>>(`/reports/${id}/estimate`);
  expect(estimate.total).toEqual(report.mendable);
  const left = (actions: string[]) =>
    estimate.left.filter(({ action }) => actions.includes(action)).reduce((sum, { count }) => sum + count, 0);
  expect(left(['none-needed'])).toBe(report.extra.count);
  expect(left(['look-at-source'])).toBe(report.unreadable.count);
  expect((await post(`/reports/${id}/cancel`)).status).toBe(409);

  const again = await post(`/reports/${id}/rerun`, { sync: true });
  expect(again.status).toBe(201);
  const job = await until('the re-sync has succeeded', async () =>
    (await get<{ id: string; state: string; done: object; total: object }[]>('/jobs')).find(
      (j) => j.state === 'SUCCEEDED',
    ),
  );
  expect(job.done).toEqual(job.total);
  expect((await post(`/jobs/${job.id}/pause`)).status).toBe(409);
  const last = await until('the report after it is complete', async () => {
    const { reports } = await get<{ reports: Report[] }>('/reports?limit=1');
    return reports[0]?.trigger === 'resync' && reports[0].state === 'completed' && reports[0];
  });
  const rest = left(['wait', 'copy-from-elsewhere']);
  expect(rest).toBeLessThan(report.missing.count);
  expect([last.missing.count, last.differing.count, last.extra.count]).toEqual([rest, 0, 3]);
  expect(last.previous).toMatchObject({
    gone: { missing: report.missing.count - last.missing.count },
    stayed: { extra: 3, missing: last.missing.count },
  });
  expect((await get<{ total: number }>(`/reports/${last.id}/unmatched?new=true`)).total).toBe(0);
  expect((await get<{ total: number }>(`/reports/${last.id}/unmatched?new=false&class=extra`)).total).toBe(3);
  const wrong = await hub.ask(`/api/v1/reports/${last.id}/unmatched?new=1`, { cookie: cookies.operator as string });
  expect(wrong.status).toBe(422);

  const deeds = hub.users.audit.list(0, 100).entries.map(({ action, actor }) => `${action} ${actor}`);
  expect(deeds).toEqual(
    expect.arrayContaining(['report-create operator@example.org', 'report-sync operator@example.org']),
  );
});

test('a directory of the hub is a side for administrators alone', async () => {
  const request = { left: { type: 'directory', path: '/etc' }, right: sides.right };
  expect((await post('/reports', request)).status).toBe(403);
  expect((await post('/reports', { left: sides.left, right: request.left })).status).toBe(403);
  expect((await post('/reports', request, 'admin')).status).toBe(201);
});

test('an export is sent as it is made, and stops with its reader', async () => {
  const { id } = (await (await post('/reports', sides)).json()) as Report;
  const report = await completed(id);
  const of = (format: string) =>
    hub.ask(`/api/v1/reports/${id}/export?format=${format}`, { cookie: cookies.operator as string });
  const csv = await of('csv');
  expect(csv.headers.get('content-disposition')).toContain(`filename="report-${id}.csv"`);
  const unmatched = report.missing.count + report.extra.count + report.differing.count + report.unreadable.count;
  expect((await csv.text()).trimEnd().split('\n')).toHaveLength(unmatched + 1);
  for (const line of (await (await of('ndjson')).text()).trimEnd().split('\n'))
    expect(JSON.parse(line)).toHaveProperty('class');
  expect(await (await of('json')).json()).toMatchObject({ state: 'completed', missing: report.missing });
  expect((await of('xml')).status).toBe(422);

  let made = 0;
  let ended = false;
  hub.services.reports.export = async function* () {
    try {
      for (; made < 1_000_000; made++) yield 'x'.repeat(1000);
    } finally {
      ended = true;
    }
  };
  const endless = await of('csv');
  const reader = (endless.body as ReadableStream<Uint8Array>).getReader();
  for (let i = 0; i < 3; i++) expect((await reader.read()).value).toHaveLength(1000);
  expect(made).toBeLessThan(10);
  await reader.cancel();
  expect(ended).toBe(true);
  expect((await hub.ask('/api/v1/reports/none/export?format=csv', { cookie: cookies.operator as string })).status).toBe(
    404,
  );
});

test('a device answers a command, or not', async () => {
  const answer = await post('/devices/alps/summit-1/commands', { name: 'ping' });
  expect(await answer.json()).toMatchObject({ status: 'ok' });
  expect((await post('/devices/alps/none/commands', { name: 'ping' })).status).toBe(404);
  expect((await post('/devices/alps/summit-1/commands', { name: 'reboot' })).status).toBe(422);
  expect(await get('/activity?limit=1')).toMatchObject([{ type: 'command' }]);
});
