import { describe, expect, it } from 'vitest';
import { parseSide } from '../../../hub/src/check/side.ts';
import { check } from '../../../hub/src/commands/check.ts';
import { inventory } from '../../../hub/src/commands/inventory.ts';

describe('wrong use of check is told before anything is read', () => {
  it.each([
    [[], 'two are needed'],
    [['.'], 'two are needed'],
    [['.', '.', '.'], 'two are needed'],
    [['--format', 'xml', '.', '.'], 'allowed are summary, json, ndjson, csv, combined'],
    [['--json', '--format', 'csv', '.', '.'], 'one is allowed'],
    [['--from', 'yesterday', '.', '.'], 'YYYYMMDD is allowed'],
    [['--from', '20260202', '--to', '20260101', '.', '.'], 'must not be'],
    [['--kind', 'film', '.', '.'], 'allowed are jpg, raw, video, sidecar, other'],
    [['.', 'ftp://host/x'], 'allowed is a directory, sftp://'],
    [['.', ''], 'allowed is a directory'],
    [['.', 'sftp://'], 'not an SFTP address'],
    [['.', 'sftp://a@b@c/x'], 'not an SFTP address'],
    [['.', 'sftp://host:99999/x'], '1 to 65535'],
    [['.', 'sftp://host:0/x'], '1 to 65535'],
    [['.', 'sftp://host/50%'], '%25'],
    [['.', 'sftp://host/a%00b'], '%00'],
    [['--identity', '/no/such', '.', 'sftp://host/x'], 'no such file'],
    [['--output', '/no/such/folder/file', '.', '.'], 'does not exist'],
    [['--output', '/', '.', '.'], 'a file is allowed'],
  ])('%j', async (args, words) => {
    await expect(check(args)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(words) });
  });

  it('and of inventory', async () => {
    await expect(inventory([])).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('one is needed'),
    });
  });
});

describe('an SFTP address', () => {
  it.each([
    ['sftp://cam@hub.example:2222/srv/result', { host: 'hub.example', port: 2222, user: 'cam', path: '/srv/result' }],
    ['sftp://cam@hub/~/result/a b', { host: 'hub', port: 22, user: 'cam', path: 'result/a b' }],
    ['sftp://cam@hub', { path: '.' }],
    ['sftp://cam@hub/~', { path: '.' }],
    ['sftp://cam@hub/', { path: '/' }],
    ['sftp://cam@[fe80::1]:2222/x', { host: 'fe80::1', port: 2222 }],
    ['sftp://cam@[fe80::1%25eth0]/x', { host: 'fe80::1%eth0' }],
    ['sftp://c%40m@hub/50%25%20%C3%A9', { user: 'c@m', path: '/50% é' }],
    ['sftp://cam@hub/a%FFb', { path: '/a\u{10ffff}b' }],
    ['sftp://cam@hub/a#b?c[d]', { path: '/a#b?c[d]' }],
    ['SFTP://cam@hub/x', { type: 'sftp', path: '/x' }],
  ])('%s', (text, parts) => {
    expect(parseSide(text)).toMatchObject(parts);
  });

  it('is no local name that looks a little like one', () => {
    for (const text of ['sftp:/x', './sftp://x', 'a:b', 'C:\\x', '-'])
      expect(parseSide(text)).toMatchObject({ type: 'local', path: text });
  });
});
