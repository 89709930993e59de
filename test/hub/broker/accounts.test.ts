import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAccounts } from '@vigie/hub/broker/accounts';
import { hashPassword, isPasswordHash, verifyPassword } from '@vigie/hub/broker/password';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

const quick = { N: 16, r: 1, p: 1 };

test('an account is let in by its password alone', async () => {
  const accounts = openAccounts(join(await tempFolder(), 'accounts'));
  await accounts.add({ name: 'cam', role: 'device' }, 'secret');
  await accounts.add({ name: 'olga', role: 'operator' }, 'other secret');
  for (let round = 0; round < 2; round++) {
    expect(await accounts.verify('cam', 'secret')).toEqual({ name: 'cam', role: 'device' });
    expect(await accounts.verify('cam', 'other secret')).toBeUndefined();
    expect(await accounts.verify('cam', '')).toBeUndefined();
  }
  expect(await accounts.verify('olga', 'other secret')).toEqual({ name: 'olga', role: 'operator' });
  expect(await accounts.verify('nobody', 'secret')).toBeUndefined();
  expect(await accounts.list()).toEqual([
    { name: 'cam', role: 'device' },
    { name: 'olga', role: 'operator' },
  ]);
});

test('the file has no password in it and is its owner’s alone', async () => {
  const file = join(await tempFolder(), 'accounts');
  await openAccounts(file).add({ name: 'cam', role: 'device' }, 'secret');
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^cam:device:scrypt\$16384\$8\$1\$[\w-]{22}\$[\w-]{43}\n$/);
  expect(text).not.toContain('secret');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a change of the file is seen at once, also of a password that was right before', async () => {
  const file = join(await tempFolder(), 'accounts');
  const [one, other] = [openAccounts(file), openAccounts(file)];
  expect(await one.list()).toEqual([]);
  await other.add({ name: 'cam', role: 'device' }, 'old');
  expect(await one.verify('cam', 'old')).toBeDefined();
  expect(await other.remove('cam')).toBe(true);
  expect(await other.remove('cam')).toBe(false);
  expect(await one.verify('cam', 'old')).toBeUndefined();
  await other.add({ name: 'cam', role: 'device' }, 'new');
  expect(await one.verify('cam', 'old')).toBeUndefined();
  expect(await one.verify('cam', 'new')).toBeDefined();
});

test('a name is taken once, and the hub’s name is the hub’s', async () => {
  const accounts = openAccounts(join(await tempFolder(), 'accounts'));
  await accounts.add({ name: 'cam', role: 'device' }, 'x');
  await expect(accounts.add({ name: 'cam', role: 'operator' }, 'y')).rejects.toMatchObject({ code: 'conflict' });
  await expect(accounts.add({ name: 'hub', role: 'device' }, 'y')).rejects.toMatchObject({ code: 'config' });
  await expect(accounts.add({ name: 'Cam:1\nx', role: 'device' }, 'y')).rejects.toMatchObject({ code: 'config' });
});

test('a line that is wrong is named', async () => {
  const file = join(await tempFolder(), 'accounts');
  const hash = await hashPassword('x', quick);
  for (const line of [
    'cam',
    'cam:device',
    'cam:admin:x',
    `cam:boss:${hash}`,
    `CAM:device:${hash}`,
    `cam:device:${hash}:x`,
    'cam:device:scrypt$999999$999$1$aaaaaaaaaaaaaaaaaaaaaa$a',
  ]) {
    await writeFile(file, `# accounts\n\nok:device:${hash}\n${line}\n`);
    await expect(openAccounts(file).list(), line).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(`${file}:4: `),
    });
  }
});

test('a hash that would take too much memory is no hash', async () => {
  const hash = await hashPassword('x', quick);
  expect(isPasswordHash(hash)).toBe(true);
  expect(await verifyPassword('x', hash)).toBe(true);
  expect(await verifyPassword('y', hash)).toBe(false);
  for (const cost of ['9999999$8$1', '1048576$64$1', '15$1$1', '16$0$1', '16$1$99']) {
    expect(isPasswordHash(hash.replace('16$1$1', cost)), cost).toBe(false);
  }
});

test('many wrong passwords at once end in a refusal that can be tried again', async () => {
  const hash = await hashPassword('x', quick);
  const results = await Promise.allSettled(Array.from({ length: 520 }, () => verifyPassword('y', hash)));
  const refused = results.filter((one) => one.status === 'rejected');
  expect(refused).toHaveLength(18);
  expect(refused[0]).toMatchObject({ reason: { code: 'broker-busy', retryable: true } });
});
