import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, createDelivery, type DeliveryRules, type Target } from '@vigie/agent/endpoints/delivery';
import { destinationTarget, folderTarget } from '@vigie/agent/endpoints/targets';
import { silentLog } from '@vigie/shared/kit/log';
import { openRemote } from '@vigie/shared/remote/open';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startSshd } from '../../../scripts/sshd.ts';
import { sftpDestination } from '../../support/remote.ts';
import { tempFolder } from '../../support/temp.ts';
import { calm, fileJob, folderJob } from './jobs.ts';

const RULES: DeliveryRules = { address: '', conflict: 'suffix', proof: 'size', timeLimit: 20_000 };

function delivery(targets: Target[], rules: Partial<DeliveryRules> = {}) {
  const operation = createDelivery({ ...RULES, ...rules }, targets, silentLog);
  onTestFinished(() => operation[Symbol.asyncDispose]());
  return operation;
}
const copyTo = (folders: string[], rules: Partial<DeliveryRules> = {}) =>
  delivery(
    folders.map((folder) => folderTarget(folder, openRemote)),
    rules,
  );
const tree = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('copy', () => {
  test('the file lies in every folder, whole, and the original is the result', async () => {
    const folders = [await tempFolder(), await tempFolder()];
    const job = await fileJob('a.jpg', 'picture');
    expect(await copyTo(folders, { address: '%Y/%M%D/' }).run(job, calm)).toMatchObject({
      sound: { ok: true },
      results: [{ file: job.file, name: 'a.jpg' }],
    });
    for (const folder of folders) {
      expect(tree(folder)).toEqual(['2026/1123/a.jpg']);
      expect(readFileSync(join(folder, '2026/1123/a.jpg'), 'utf8')).toBe('picture');
    }
  });

  test('with no folder the original is the result', async () => {
    const job = await fileJob('a.jpg', 'picture');
    expect((await copyTo([]).run(job, calm)).results).toEqual([{ file: job.file, name: 'a.jpg' }]);
  });

  test('a repetition adds nothing; another content of the name gets a suffix, replaces, or is refused', async () => {
    const folder = await tempFolder();
    const [one, two] = [await fileJob('a.jpg', 'one'), await fileJob('a.jpg', 'two')];
    for (const job of [one, two, two, one]) expect((await copyTo([folder]).run(job, calm)).sound.ok).toBe(true);
    expect(tree(folder)).toEqual(['a.jpg', 'a_1.jpg']);
    const refused = await copyTo([folder], { conflict: 'failure' }).run(await fileJob('a.jpg', 'three'), calm);
    expect(refused.sound).toMatchObject({ ok: false, reason: expect.stringContaining('"a.jpg"') });
    await copyTo([folder], { conflict: 'replace' }).run(await fileJob('a.jpg', 'four'), calm);
    expect(readFileSync(join(folder, 'a.jpg'), 'utf8')).toBe('four');
    expect(tree(folder)).toEqual(['a.jpg', 'a_1.jpg']);
  });

  test('a folder that is not there is not made: it is not ready, and a job waits', async () => {
    const folder = join(await tempFolder(), 'disk');
    const copy = copyTo([folder]);
    expect(await copy.fault()).toContain(`folder "${folder}" cannot be written`);
    await expect(copy.run(await fileJob('a', '1'), calm)).rejects.toMatchObject({ retryable: true });
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder);
    expect(await copy.fault()).toBeUndefined();
    expect((await copy.run(await fileJob('a', '1'), calm)).sound.ok).toBe(true);
  });

  test('one folder that cannot be reached does not keep the file from the others, and the file waits for it', async () => {
    const [there, absent] = [await tempFolder(), join(await tempFolder(), 'disk')];
    const copy = copyTo([absent, there]);
    const job = await fileJob('a.jpg', '1');
    await expect(copy.run(job, calm)).rejects.toMatchObject({ code: 'root-absent', retryable: true });
    expect(tree(there)).toEqual(['a.jpg']);
    mkdirSync(absent);
    expect((await copy.run(job, calm)).sound.ok).toBe(true);
    expect([tree(there), tree(absent)]).toEqual([['a.jpg'], ['a.jpg']]);
  });

  test('a folder job keeps its folder and its places; mapped documents alone are taken where there are any', async () => {
    const folder = await tempFolder();
    const job = await folderJob('order', { 'x.txt': '1', 'deep/y.txt': '2' });
    expect((await copyTo([folder], { address: '%J/' }).run(job, calm)).results.map(({ name }) => name)).toEqual([
      'deep/y.txt',
      'x.txt',
    ]);
    expect(tree(folder)).toEqual(['yard/order/deep/y.txt', 'yard/order/x.txt']);
    const other = await tempFolder();
    const mapped = { ...job, inputs: { page: { document: `${job.file}/deep/y.txt` } } };
    expect((await copyTo([other]).run(mapped, calm)).results.map(({ name }) => name)).toEqual(['deep/y.txt']);
    expect(tree(other)).toEqual(['order/deep/y.txt']);
  });

  test.each(['-rf', ';id', 'a\nb', 'é'.repeat(127)])('takes a name such as %j as it is', async (name) => {
    const folder = await tempFolder();
    expect((await copyTo([folder]).run(await fileJob(name, '1'), calm)).sound).toEqual({ ok: true });
    expect(readdirSync(folder)).toEqual([name]);
  });

  test('names that would lead out of the folder are made harmless', async () => {
    const job = { ...(await fileJob('a', '1')), name: '..' };
    expect(addressOf('%F/', job, { file: job.file, name: '..' })).not.toMatch(/(^|\/)\.\.(\/|$)(?=.)/);
  });
});

describe('deliver', () => {
  test('to a real SFTP server and a directory; while one is down the file waits, and nothing comes twice', async () => {
    const sshd = await startSshd({ folder: await tempFolder() });
    onTestFinished(() => sshd.stop());
    const [remote, local] = [await tempFolder(), await tempFolder()];
    const targets = [
      destinationTarget(sftpDestination(sshd, remote), openRemote),
      destinationTarget({ name: 'disk', type: 'directory', root: local, folder: '.' }, openRemote),
    ];
    const deliver = delivery(targets, { address: '%J/%F_%H%m.%E', proof: 'digest' });
    expect(await deliver.fault()).toBeUndefined();
    const first = await fileJob('a.jpg', 'one');
    expect(await deliver.run(first, calm)).toEqual({
      sound: { ok: true },
      results: [{ file: first.file, name: 'a.jpg', size: 3, sha256: createHash('sha256').update('one').digest('hex') }],
    });
    await sshd.stop();
    const second = await fileJob('b.jpg', 'two');
    await expect(deliver.run(second, calm)).rejects.toMatchObject({ retryable: true });
    expect(tree(local)).toEqual(['yard/a_1230.jpg', 'yard/b_1230.jpg']);
    await sshd.start();
    expect((await deliver.run(second, calm)).sound).toEqual({ ok: true });
    for (const folder of [remote, local]) expect(tree(folder)).toEqual(['yard/a_1230.jpg', 'yard/b_1230.jpg']);
    expect(readFileSync(join(remote, 'yard/b_1230.jpg'), 'utf8')).toBe('two');
  });

  test('a server whose key is not known is an operator to wait for, and no fault of the file', async () => {
    const sshd = await startSshd({ folder: await tempFolder() });
    onTestFinished(() => sshd.stop());
    const knownHosts = join(await tempFolder(), 'known_hosts');
    const target = destinationTarget(sftpDestination(sshd, await tempFolder(), { knownHosts }), openRemote);
    const deliver = delivery([target]);
    expect(await deliver.fault()).toContain(`file "${knownHosts}" cannot be read`);
    writeFileSync(knownHosts, '');
    await expect(deliver.run(await fileJob('a', '1'), calm)).rejects.toMatchObject({
      code: 'host-key',
      retryable: true,
    });
  });
});
