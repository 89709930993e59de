import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '@vigie/shared/kit/errors';
import { digestIn } from '@vigie/shared/remote/check-file';
import { openRemote } from '@vigie/shared/remote/open';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { startProftpd } from '../support/proftpd.ts';
import { upload } from '../support/remote.ts';
import { tempFolder } from '../support/temp.ts';

const FOLDER = 'cam-1/garden';
const HASH = createHash('sha256').update('bytes').digest();

let server: Awaited<ReturnType<typeof startProftpd>>;
beforeAll(async () => {
  server = await startProftpd();
  return server.stop;
});

async function destination(changes: { serverDigest?: 'never' } = {}) {
  const { stop: _, ...address } = server;
  const root = await tempFolder();
  const place = { name: 'test', type: 'sftp' as const, root, folder: '{source}', connections: 2 };
  const remote = openRemote({ ...place, ...address, serverDigest: 'auto', ...changes }, FOLDER, { stallMs: 5_000 });
  onTestFinished(() => remote[Symbol.asyncDispose]());
  return { remote, placeOf: (path: string) => join(root, FOLDER, path) };
}

test('a server that takes short writes alone has every byte as it was sent', { timeout: 20_000 }, async () => {
  const { remote, placeOf } = await destination();
  const order = await upload('d/large.jpg', 3_000_000, { proof: 'size' });
  expect(await remote.store(order)).toMatchObject({ level: 'size', sent: true });
  expect(readFileSync(placeOf('d/large.jpg')).equals(order.bytes)).toBe(true);
});

test('ProFTPD digests what has arrived by check-file: what a shell could misread and small files too', {
  timeout: 20_000,
}, async () => {
  const { remote, placeOf } = await destination();
  for (const [path, size] of [
    ['d/a.jpg', 2_000_000],
    ["d/it's\n“odd”.jpg", 2_000_000],
    ['d/small.jpg', 20_000],
  ] as const) {
    const order = await upload(path, size, { proof: 'digest' });
    const receipt = await remote.store(order);
    expect(receipt).toMatchObject({ level: 'digest', sha256: order.sha256, digestBy: 'server', sent: true });
    expect(readFileSync(placeOf(path)).equals(order.bytes)).toBe(true);
    // What is there already is proved by it, and other bytes of the same size are found out.
    expect(await remote.store(order)).toMatchObject({ sent: false, digestBy: 'server' });
    const changed = Buffer.from(order.bytes);
    changed[10_000] = (changed[10_000] as number) ^ 1;
    writeFileSync(placeOf(path), changed);
    expect(await remote.store(order).catch(codeOf)).toBe('conflict');
    expect(await remote.digest(path)).toEqual({ size, sha256: createHash('sha256').update(changed).digest('hex') });
  }
});

test('it can be switched off', async () => {
  const { remote } = await destination({ serverDigest: 'never' });
  const order = await upload('d/a.jpg', 20_000, { proof: 'digest' });
  expect(await remote.store(order)).toMatchObject({ level: 'digest', digestBy: 'read-back' });
});

test('only a whole answer of the algorithm that was asked for counts', () => {
  const text = (value: string) => Buffer.concat([Buffer.of(0, 0, 0, value.length), Buffer.from(value)]);
  const reply = (...parts: Buffer[]) => Buffer.concat([Buffer.of(201, 0, 0, 0, 7), ...parts]);
  expect(digestIn(reply(text('sha256'), HASH))).toBe(HASH.toString('hex'));
  expect(digestIn(reply(text('check-file'), text('sha256'), HASH))).toBe(HASH.toString('hex'));
  for (const packet of [
    reply(text('sha256'), HASH.subarray(1)),
    reply(text('sha256'), HASH, Buffer.of(0)),
    reply(text('sha256')),
    reply(text('md5'), HASH.subarray(16)),
    reply(text('sha1'), HASH),
    reply(HASH),
    reply(Buffer.of(0, 0, 1, 0), HASH),
    reply(),
    Buffer.of(201),
    Buffer.of(101, 0, 0, 0, 7, 0, 0, 0, 8),
    Buffer.alloc(0),
  ])
    expect(digestIn(packet)).toBeUndefined();
});
