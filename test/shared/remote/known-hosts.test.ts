import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, keyType, knownHost } from '@vigie/shared/remote/known-hosts';
import { beforeEach, expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';

type Key = { line: string; blob: Buffer; file: string };
let a: Key;
let b: Key;

async function makeKey(type: string): Promise<Key> {
  const file = join(await tempFolder(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'a comment', '-f', file]);
  const line = readFileSync(`${file}.pub`, 'utf8').trim();
  return { line, file, blob: Buffer.from(line.split(' ')[1] as string, 'base64') };
}

beforeEach(async () => {
  a = await makeKey('ed25519');
  b = await makeKey('ecdsa');
});

const judge = (text: string, key = a, host = 'example.org', port = 22) => knownHost(text, host, port).judge(key.blob);

test('finds a host by name, list, wildcard and port, as sshd(8) says', () => {
  expect(judge(`example.org ${a.line}`)).toBe('known');
  expect(judge(`other,EXAMPLE.org,192.0.2.1 ${a.line}`)).toBe('known');
  expect(judge(`*.org ${a.line}`)).toBe('known');
  expect(judge(`exampl?.org ${a.line}`)).toBe('known');
  expect(judge(`*.org,!example.org ${a.line}`)).toBe('unknown');
  expect(judge(`exampleXorg ${a.line}`)).toBe('unknown');
  expect(judge(`[example.org]:2222 ${a.line}`)).toBe('unknown');
  expect(judge(`[example.org]:2222 ${a.line}`, a, 'example.org', 2222)).toBe('known');
  expect(judge(`[example.org]:2222 ${a.line}\nexample.org ${b.line}`, b, 'example.org', 2222)).toBe('changed');
  expect(judge(`example.org ${a.line}`, a, 'example.org', 2222)).toBe('known');
  expect(judge(`2001:db8::1 ${a.line}`, a, '2001:db8::1')).toBe('known');
});

test('tells changed from unknown, and takes any of several keys', () => {
  expect(judge('')).toBe('unknown');
  expect(judge(`# example.org ${a.line}\n\nbroken line\nexample.org`)).toBe('unknown');
  expect(judge(`example.org ${b.line}`)).toBe('changed');
  expect(judge(`example.org ${b.line}\r\nexample.org ${a.line}\r\n`)).toBe('known');
  expect(knownHost(`example.org ${b.line}\nexample.org ${a.line}`, 'example.org', 22).types).toEqual([
    'ecdsa-sha2-nistp256',
    'ssh-ed25519',
  ]);
});

test('refuses a revoked key even where it is also listed, and leaves out certificate authorities', () => {
  expect(judge(`example.org ${a.line}\n@revoked * ${a.line}`)).toBe('revoked');
  expect(judge(`@revoked example.org ${b.line}\nexample.org ${a.line}`)).toBe('known');
  expect(judge(`@revoked example.org ${b.line}`)).toBe('unknown');
  expect(judge(`@cert-authority * ${a.line}`)).toBe('unknown');
});

test('finds names that ssh-keygen has hashed', async () => {
  const file = join(await tempFolder(), 'known_hosts');
  writeFileSync(file, `example.org ${a.line}\n[example.org]:2222 ${b.line}\n`);
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/^\|1\|/);
  expect(judge(text)).toBe('known');
  expect(judge(text, b, 'example.org', 2222)).toBe('known');
  expect(judge(text, a, 'example.com')).toBe('unknown');
});

test('shows fingerprints and types as ssh does', () => {
  const [, shown] = execFileSync('ssh-keygen', ['-lf', `${a.file}.pub`])
    .toString()
    .split(' ');
  expect(fingerprint(a.blob)).toBe(shown);
  expect(keyType(b.blob)).toBe('ecdsa-sha2-nistp256');
});
