import { verify } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOf, PUBLIC_KEY_FILE, readOrMakeKey, readPublicKey } from '@vigie/hub/certificate/key';
import { expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

test('the key is made once, for its owner alone, also where several begin at once', async () => {
  const folder = join(await tempFolder(), 'hub');
  const keys = await Promise.all(Array.from({ length: 4 }, () => readOrMakeKey(folder)));
  const again = await readOrMakeKey(folder);
  expect(new Set([...keys, again].map((k) => k.publicKey)).size).toBe(1);
  const file = join(folder, 'certificate-key.pem');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(readPublicKey(join(folder, PUBLIC_KEY_FILE))).toBe(again.publicKey);
  expect(fingerprintOf(again.publicKey)).toMatch(/^SHA256:[\w+/]{43}$/);

  const pem = await readFile(join(folder, PUBLIC_KEY_FILE), 'utf8');
  expect(pem).toContain('BEGIN PUBLIC KEY');
  expect(verify(null, Buffer.from('text'), pem, Buffer.from(again.sign('text'), 'base64'))).toBe(true);
});

test('a private key that others may read, or that is none, is refused', async () => {
  const folder = await tempFolder();
  await readOrMakeKey(folder);
  const file = join(folder, 'certificate-key.pem');
  await chmod(file, 0o640);
  await expect(readOrMakeKey(folder)).rejects.toMatchObject({
    code: 'config',
    hint: expect.stringContaining('chmod 600'),
  });
  await chmod(file, 0o600);
  expect(() => readPublicKey(file)).toThrow('private key');
  await writeFile(file, 'no key');
  await expect(readOrMakeKey(folder)).rejects.toMatchObject({ code: 'config' });
  expect(() => readPublicKey(join(folder, 'nothing'))).toThrow('ENOENT');
});
