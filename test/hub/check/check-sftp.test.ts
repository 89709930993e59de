import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { relative } from 'node:path';
import { bytesOf, nameOf } from '@vigie/shared/kit/names';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Sshd, startSshd } from '../../../scripts/sshd.ts';
import { tempFolder } from '../../support/temp.ts';
import { VIGIE_HUB, vigieHub } from './run.ts';
import { startWithoutPrivilege } from './sshd-without-privilege.ts';

async function server(): Promise<{ folder: string; sshd: Sshd; keys: string[]; address: (path: string) => string }> {
  const folder = await tempFolder();
  const sshd = await startSshd({ folder: `${folder}/the sshd` });
  onTestFinished(() => sshd.stop());
  for (const side of ['left', 'right side']) await mkdir(`${folder}/${side}/20261123`, { recursive: true });
  return {
    folder,
    sshd,
    keys: ['--identity', sshd.identityFile, '--known-hosts', sshd.knownHosts],
    address: (path) => `sftp://${sshd.user}@${sshd.host}:${sshd.port}${path}`,
  };
}

beforeAll(() => {
  execFileSync(VIGIE_HUB, ['--help']);
});

type Made = Awaited<ReturnType<typeof server>>;

/** A folder at the destination that the server's account may not read, or may not look into. */
async function withFolderOfMode({ sshd, folder, keys, address }: Made, mode: number): Promise<string[]> {
  const locked = `${folder}/right side/locked`;
  await mkdir(locked);
  await writeFile(`${locked}/unseen.jpg`, 'x');
  await chmod(locked, mode);
  onTestFinished(() => chmod(locked, 0o755));
  await sshd.stop();
  const stop = await startWithoutPrivilege(sshd, `${folder}/the sshd/sshd_config`);
  onTestFinished(stop);
  return [...keys, address(`${folder}/right side`)];
}

describe('a side over SFTP', () => {
  it('is compared, with spaces, accents and hostile names, in both places', async () => {
    const { folder, keys, address } = await server();
    const names = ['a.jpg', 'é [1].jpg', 'new\nline.jpg', '\u001b[2J.jpg', '<img onerror=x>.jpg'];
    for (const side of ['left', 'right side']) {
      for (const name of names) await writeFile(bytesOf(`${folder}/${side}/20261123/${name}`), 'x');
    }
    const remote = `${folder}/right side`;
    const same = await vigieHub(['check', ...keys, `${folder}/left`, address(remote)]);
    expect(same).toMatchObject({ code: 0, stderr: '' });
    expect(same.stdout).toContain('all 5 assets match');
    expect((await vigieHub(['check', ...keys, `${folder}/left`, address(encodeURI(remote))])).code).toBe(0);
    expect((await vigieHub(['check', ...keys, address(`${folder}/left`), address(remote)])).code).toBe(0);

    await writeFile(`${remote}/20261123/a.jpg`, 'longer');
    const differs = await vigieHub(['check', '--format', 'ndjson', ...keys, address(remote), `${folder}/left`]);
    expect(differs.code).toBe(1);
    expect(JSON.parse(differs.stdout)).toMatchObject({ class: 'differing', sourceSize: 6, destinationSize: 1 });
  });

  it('is compared by content with --digest, and one flipped bit is named', async () => {
    const { folder, keys, address } = await server();
    for (const side of ['left', 'right side'])
      for (const name of ['a.jpg', 'b.jpg']) await writeFile(`${folder}/${side}/20261123/${name}`, `picture ${name}`);
    const sides = [`${folder}/left`, address(`${folder}/right side`)];
    const same = await vigieHub(['check', '--digest', ...keys, ...sides]);
    expect(same).toMatchObject({ code: 0, stderr: '' });
    expect(same.stdout).toContain('digest');
    await writeFile(`${folder}/right side/20261123/b.jpg`, 'Picture b.jpg');
    expect((await vigieHub(['check', ...keys, ...sides])).code).toBe(0);
    const flipped = await vigieHub(['check', '--digest', '--format', 'ndjson', ...keys, ...sides]);
    expect(flipped.code).toBe(1);
    expect(JSON.parse(flipped.stdout)).toMatchObject({ class: 'corrupt', path: '20261123/b.jpg' });
    // What the filter leaves out is not read.
    const kind = ['--kind', 'raw'];
    expect((await vigieHub(['check', '--digest', ...kind, ...keys, ...sides])).code).toBe(0);
  });

  it('never calls a name matched that it cannot carry', async () => {
    const { folder, keys, address } = await server();
    const name = nameOf(Buffer.from('66ff2e6a7067', 'hex'));
    for (const side of ['left', 'right side']) await writeFile(bytesOf(`${folder}/${side}/20261123/${name}`), 'x');
    const args = ['--format', 'ndjson', ...keys, `${folder}/left`, address(`${folder}/right side`)];
    const ended = await vigieHub(['check', ...args]);
    expect(ended.code).toBe(1);
    const found = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found.map((asset) => asset.class).sort()).toEqual(['missing', 'unreadable']);
    expect(found.find((asset) => asset.class === 'unreadable').cause).toContain('UTF-8');
  });

  it('may be below the home folder', async () => {
    const { folder, keys, address } = await server();
    const path = relative(homedir(), `${folder}/right side`);
    expect(await vigieHub(['check', ...keys, `${folder}/left`, address(`/~/${path}`)])).toMatchObject({ code: 0 });
  });

  it('leaves out uploads under way, which a directory does not', async () => {
    const { folder, keys, address } = await server();
    await writeFile(`${folder}/right side/20261123/a.jpg.part`, 'half');
    expect((await vigieHub(['check', ...keys, `${folder}/left`, address(`${folder}/right side`)])).code).toBe(0);
    expect((await vigieHub(['check', `${folder}/left`, `${folder}/right side`])).code).toBe(1);
  });

  it('lists only the days that are asked for', async () => {
    const { folder, keys, address } = await server();
    for (const day of ['20261122', '20261123']) {
      await mkdir(`${folder}/right side/${day}`, { recursive: true });
      await writeFile(`${folder}/right side/${day}/a.jpg`, 'x');
    }
    const args = [
      '--format',
      'combined',
      '--from',
      '20261123',
      ...keys,
      `${folder}/left`,
      address(`${folder}/right side`),
    ];
    expect((await vigieHub(['check', ...args])).stdout).toBe('- 20261123/a.jpg\n');
  });
});

describe('an SFTP side that cannot be read whole ends with 3 and without a result', () => {
  it.each<[string, (made: Made) => Promise<string[]> | string[], RegExp]>([
    ['a folder that is not there', ({ keys, address, folder }) => [...keys, address(`${folder}/absent`)], /absent/],
    ['a folder inside that cannot be listed', (made) => withFolderOfMode(made, 0o000), /list folder .*locked/],
    ['a folder inside whose names alone can be read', (made) => withFolderOfMode(made, 0o444), /list folder .*locked/],
    [
      'an unknown host key',
      async ({ sshd, address, folder }) => {
        await writeFile(`${folder}/empty`, '');
        return ['--identity', sshd.identityFile, '--known-hosts', `${folder}/empty`, address(`${folder}/right side`)];
      },
      /host key|known/i,
    ],
    [
      'another host key than the known one',
      async ({ sshd, address, folder }) => {
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${folder}/other`]);
        const key = execFileSync('cut', ['-d', ' ', '-f', '1,2', `${folder}/other.pub`], { encoding: 'utf8' });
        await writeFile(`${folder}/known`, `[${sshd.host}]:${sshd.port} ${key}`);
        return ['--identity', sshd.identityFile, '--known-hosts', `${folder}/known`, address(`${folder}/right side`)];
      },
      /host key/i,
    ],
    [
      'a key that is not let in',
      ({ sshd, address, folder }) => {
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${folder}/stranger`]);
        return ['--identity', `${folder}/stranger`, '--known-hosts', sshd.knownHosts, address(`${folder}/right side`)];
      },
      /authenti/i,
    ],
    [
      'a server that is down',
      async ({ sshd, keys, address, folder }) => {
        await sshd.stop();
        return [...keys, address(`${folder}/right side`)];
      },
      /ECONNREFUSED|reach|refused/i,
    ],
  ])('%s', async (_, prepare, words) => {
    const made = await server();
    const ended = await vigieHub(['check', '--format', 'json', `${made.folder}/left`, ...(await prepare(made))]);
    expect(ended).toMatchObject({ code: 3, stdout: '' });
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).toContain('read destination "sftp://');
    expect(ended.stderr).not.toMatch(/^ +at /m);
  });
});
