import { type Listening, listen } from '@vigie/hub/http/listen';
import { createPendingEvents } from '@vigie/hub/http/pending-events';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, until } from '../../support/temp.ts';
import { type Hub, openHttp } from './open-http.ts';

async function serve(beatMs: number): Promise<{ hub: Hub; server: Listening; cookie: string }> {
  const hub = openHttp({ beatMs });
  const server = await listen(hub.app, { host: '127.0.0.1', port: await freePort() });
  onTestFinished(() => server.close());
  return { hub, server, cookie: await hub.as('viewer') };
}

/** What a stream has said so far, and whether it has ended. */
async function follow(url: string, cookie: string) {
  const stop = new AbortController();
  const response = await fetch(`${url}/api/v1/live`, { headers: { cookie }, signal: stop.signal });
  const heard = { text: '', ended: false, status: response.status, type: response.headers.get('content-type'), stop };
  void (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const part of response.body as ReadableStream<Uint8Array>) heard.text += decoder.decode(part);
    } catch (error) {
      heard.text += `(${(error as Error).name})`;
    }
    heard.ended = true;
  })();
  return heard;
}

test('changes are told at once; a client that goes leaves nothing behind', async () => {
  const { hub, server, cookie } = await serve(50);
  const heard = await follow(server.url, cookie);
  expect([heard.status, heard.type]).toEqual([200, 'text/event-stream']);
  await until('the stream is open', () => heard.text.includes('retry:'));
  hub.services.tell({ topic: 'fleet', key: 'alps/summit-1' });
  await until('the change is told', () => heard.text.includes('data: {"topic":"fleet","key":"alps/summit-1"}\n\n'));
  await until('there is a sign of life', () => heard.text.includes(': beat'));
  heard.stop.abort();
  await until('the listener is gone', () => hub.services.listeners() === 0);
});

test('a stream ends with its session', async () => {
  const { hub, server, cookie } = await serve(50);
  const heard = await follow(server.url, cookie);
  await until('the stream is open', () => heard.text.includes('retry:'));
  await hub.ask('/api/auth/sign-out', { method: 'POST', cookie, body: {} });
  hub.services.tell({ topic: 'reports', key: 'report-1' });
  await until('the stream has ended', () => heard.ended);
  expect(heard.text).not.toContain('report-1');
  expect(hub.services.listeners()).toBe(0);
});

test('closing the server ends streams and kept connections', async () => {
  const { server, cookie } = await serve(10_000);
  const heard = await follow(server.url, cookie);
  await until('the stream is open', () => heard.text.includes('retry:'));
  await (await fetch(`${server.url}/healthz`)).text();
  const start = performance.now();
  await server.close();
  expect(performance.now() - start).toBeLessThan(1_500);
  await until('the stream has ended', () => heard.ended);
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
});

test('a session opens so many streams and no more', async () => {
  const hub = openHttp();
  const cookie = await hub.as('viewer');
  const answers: Response[] = [];
  for (let i = 0; i < 17; i++) answers.push(await hub.ask('/api/v1/live', { cookie }));
  expect(answers.map(({ status }) => status)).toEqual([...Array(16).fill(200), 429]);
  await answers[0]?.body?.cancel();
  // A request for the headers alone opens none.
  const head = await hub.ask('/api/v1/live', { method: 'HEAD', cookie });
  expect([head.status, hub.services.listeners()]).toEqual([200, 15]);
  expect((await hub.ask('/api/v1/live', { cookie })).status).toBe(200);
});

test('a client that does not read is owed a bounded list that names everything', () => {
  const pending = createPendingEvents(10);
  for (let i = 0; i < 5; i++) pending.add({ topic: 'jobs', key: 'job-1' });
  expect(pending.take()).toEqual([{ topic: 'jobs', key: 'job-1' }]);
  for (let i = 0; i < 1000; i++) pending.add({ topic: 'pictures', key: String(i) });
  pending.add({ topic: 'fleet', key: 'a/b' });
  expect(pending.take()).toEqual([
    { topic: 'pictures', key: '*' },
    { topic: 'fleet', key: 'a/b' },
  ]);
  expect(pending.take()).toEqual([]);
});

test('an address that is taken is an error that says so', async () => {
  const { server } = await serve(10_000);
  const second = listen(openHttp().app, { host: '127.0.0.1', port: server.port });
  await expect(second).rejects.toThrow(/^listen on 127\.0\.0\.1:\d+: /);
});
