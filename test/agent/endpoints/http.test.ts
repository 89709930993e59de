import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createHttp } from '@vigie/agent/endpoints/http';
import { type OperationOf, operationConfig } from '@vigie/agent/endpoints/operation-config';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort, tempFolder } from '../../support/temp.ts';
import { calm, fileJob, folderJob } from './jobs.ts';

const operation = (over: Record<string, unknown>) =>
  createHttp(operationConfig.parse({ type: 'http', ...over }) as OperationOf<'http'>);

async function serve(answer: RequestListener, server: Server = createServer()): Promise<string> {
  server.on('request', answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

type Seen = {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  sha256: string;
};

/** A server that takes everything and remembers it. */
async function taking(status = 201) {
  const seen: Seen[] = [];
  const host = await serve((request, response) => {
    void bodyOf(request).then((body) => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, sha256: createHash('sha256').update(body).digest('hex') });
      response.writeHead(status).end('taken');
    });
  });
  return { host, seen };
}

test('a file is sent whole, with its length, headers and token', async () => {
  const { host, seen } = await taking();
  const tokenFile = join(await tempFolder(), 'token');
  await writeFile(tokenFile, 'secret-1\n');
  const content = randomBytes(3_000_000);
  const job = await fileJob('a.jpg', content);
  const put = operation({
    url: `http://${host}/in/{source}/{name}`,
    method: 'PUT',
    headers: { 'X-Job': '{jobId}', 'Content-Type': 'image/jpeg' },
    tokenFile,
  });
  expect(await put.fault()).toBeUndefined();
  expect(await put.run(job, calm)).toEqual({ sound: { ok: true }, results: [{ file: job.file, name: 'a.jpg' }] });
  expect(seen).toMatchObject([
    {
      method: 'PUT',
      url: '/in/yard/a.jpg',
      sha256: createHash('sha256').update(content).digest('hex'),
      headers: {
        'content-length': '3000000',
        'content-type': 'image/jpeg',
        authorization: 'Bearer secret-1',
        'x-job': 'job-1',
        'idempotency-key': 'yard/job-1/0',
      },
    },
  ]);
  // A token that was renewed counts from the next request on.
  await writeFile(tokenFile, 'secret-2\n');
  await put.run(job, calm);
  expect(seen[1]?.headers.authorization).toBe('Bearer secret-2');
});

test.each(['-rf', ';id', 'a\r\nX-Evil: 1', '../../x', 'é'.repeat(127), '%2e%2e', '?a=b#c'])(
  'a name %j stays one part of the address and one header',
  async (name) => {
    const { host, seen } = await taking();
    const safe = name.replaceAll('/', '_');
    const job = { ...(await fileJob(safe, 'x')), name };
    await operation({ url: `http://${host}/in/{name}?x=1`, headers: { 'x-name': '{name}' } }).run(job, calm);
    expect(seen[0]?.url).toBe(`/in/${encodeURIComponent(name)}?x=1`);
    expect(seen[0]?.headers).toMatchObject({ 'x-name': encodeURIComponent(name) });
    expect(seen[0]?.headers).not.toHaveProperty('x-evil');
  },
);

test('every file of a folder job is sent, by its path; an empty one too', async () => {
  const { host, seen } = await taking();
  const job = await folderJob('order', { 'a.txt': '', 'b/c.txt': '2' });
  const { results } = await operation({ url: `http://${host}/{name}` }).run(job, calm);
  expect(seen.map(({ url, headers }) => [url, headers['idempotency-key'], headers['content-length']])).toEqual([
    ['/a.txt', 'yard/job-1/0', '0'],
    ['/b%2Fc.txt', 'yard/job-1/1', '1'],
  ]);
  expect(results.map(({ name }) => name)).toEqual(['a.txt', 'b/c.txt']);
});

describe('answers', () => {
  test.each([200, 204])('%i is sound', async (status) => {
    const { host } = await taking(status);
    expect((await operation({ url: `http://${host}/` }).run(await fileJob('a', 'x'), calm)).sound).toEqual({
      ok: true,
    });
  });
  test.each([408, 429, 500, 503, 507])('%i is tried again', async (status) => {
    const { host } = await taking(status);
    const sending = operation({ url: `http://${host}/` }).run(await fileJob('a', 'x'), calm);
    await expect(sending).rejects.toMatchObject({ code: 'http-status', retryable: true });
  });
  test.each([301, 400, 401, 404, 413])('%i is a failure, with what the server said', async (status) => {
    const { host } = await taking(status);
    const { sound } = await operation({ url: `http://${host}/` }).run(await fileJob('a', 'x'), calm);
    expect(sound).toEqual({ ok: false, reason: `the server answered ${status} to "a": taken` });
  });
  test('what is configured is tried again', async () => {
    const { host } = await taking(423);
    const locked = operation({ url: `http://${host}/`, tryAgain: [423] });
    await expect(locked.run(await fileJob('a', 'x'), calm)).rejects.toMatchObject({ retryable: true });
  });
  test('a refusal before the file is sent whole counts', async () => {
    const host = await serve((request, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large for us');
      request.once('error', () => response.destroy());
    });
    const { sound } = await operation({ url: `http://${host}/` }).run(
      await fileJob('a', randomBytes(30_000_000)),
      calm,
    );
    expect(sound).toEqual({ ok: false, reason: 'the server answered 413 to "a": too large for us' });
  });
  test('the body of the answer is the result, where that is asked for', async () => {
    const host = await serve((request, response) => {
      void bodyOf(request).then((body) => response.end(body.toString().toUpperCase()));
    });
    const asks = operation({ url: `http://${host}/`, result: 'answer', resultName: '%F.txt' });
    const { results } = await asks.run(await folderJob('order', { 'x/a.json': 'one', 'b.json': 'two' }), calm);
    expect(results.map(({ name }) => name)).toEqual(['b.txt', 'x/a.txt']);
    expect(await readFile(results[1]?.file as string, 'utf8')).toBe('ONE');
    const small = operation({ url: `http://${host}/`, result: 'answer', answerMax: 2 });
    expect((await small.run(await fileJob('a', 'xyz'), calm)).sound).toMatchObject({
      ok: false,
      reason: expect.stringContaining('more than 2 bytes'),
    });
  });
});

describe('the network', () => {
  test('nobody there, a connection that breaks, and silence are tried again', async () => {
    const job = await fileJob('a', 'x');
    const nobody = operation({ url: `http://127.0.0.1:${await freePort()}/` });
    await expect(nobody.run(job, calm)).rejects.toMatchObject({ code: 'network', retryable: true });
    const breaks = operation({ url: `http://${await serve((request) => request.socket.destroy())}/` });
    await expect(breaks.run(job, calm)).rejects.toMatchObject({ code: 'network', retryable: true });
    const half = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.socket?.destroy());
    });
    const cut = operation({ url: `http://${half}/`, result: 'answer' });
    await expect(cut.run(job, calm)).rejects.toMatchObject({ code: 'network', retryable: true });
    const silent = operation({ url: `http://${await serve(() => undefined)}/`, timeLimit: '300ms' });
    await expect(silent.run(job, calm)).rejects.toMatchObject({ code: 'time-limit', retryable: true });
  });

  test('a job that is called off ends at once', async () => {
    const stop = new AbortController();
    const host = await serve(() => stop.abort(new Error('the engine stops')));
    const sending = operation({ url: `http://${host}/` }).run(await fileJob('a', 'x'), stop.signal);
    await expect(sending).rejects.toThrow('the engine stops');
  });

  test('a file beyond the limit is not sent', async () => {
    const { host, seen } = await taking();
    const { sound } = await operation({ url: `http://${host}/`, sizeMax: 3 }).run(await fileJob('a', 'xyzx'), calm);
    expect(sound).toMatchObject({ ok: false, reason: expect.stringContaining('it has 4 bytes; at most 3 are sent') });
    expect(seen).toEqual([]);
  });

  test('https: a certificate that is trusted goes through, another one waits', async () => {
    const folder = await tempFolder();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', cert],
      { stdio: 'pipe' },
    );
    const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) });
    const host = await serve((request, response) => void request.resume().once('end', () => response.end()), server);
    const job = await fileJob('a', 'x');
    const url = `https://${host}/`;
    expect((await operation({ url, caFile: cert }).run(job, calm)).sound).toEqual({ ok: true });
    await expect(operation({ url }).run(job, calm)).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(await operation({ url, caFile: join(folder, 'none') }).fault()).toContain('cannot be read');
  });
});
