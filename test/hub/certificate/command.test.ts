import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readOrMakeKey } from '@vigie/hub/certificate/key';
import { certificate } from '@vigie/hub/commands/certificate';
import { inventory } from '@vigie/hub/commands/inventory';
import { verify } from '@vigie/hub/commands/verify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { startSshd } from '../../../scripts/sshd.ts';
import { tempFolder } from '../../support/temp.ts';
import { vigieHub } from '../check/run.ts';
import { certifiedSource, DAY } from './certified-source.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SOURCE = 'main/cam-1/garden';
const NAMES = ['060000', '070000', '080000', '090000', '100000', '110000', '120000'].map((t) => `${DAY}${t}.jpg`);

/** A directory with a day's pictures, and the hub that heard of each of them; its archive was found to hold all but the last. */
async function laid() {
  const folder = await tempFolder();
  const directory = join(folder, 'pictures');
  await mkdir(join(directory, DAY), { recursive: true });
  await mkdir(join(directory, '20240301'));
  await writeFile(join(directory, '20240301/of-another-day.jpg'), 'x');
  const source = await certifiedSource(join(folder, 'hub'));
  for (const [n, name] of [...NAMES, 'é \u001b[2J.jpg'].entries()) {
    const bytes = Buffer.alloc(100 + n, name);
    await writeFile(join(directory, DAY, name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    source.takes({ path: `${DAY}/${name}`, size: bytes.length, sha256 });
  }
  source.agrees();
  await source.report([{ path: `${DAY}/${NAMES[6]}` }]);
  await readOrMakeKey(source.dataFolder);
  const config = join(folder, 'hub.yaml');
  await writeFile(config, stringify({ dataFolder: 'hub', broker: { type: 'external', url: 'mqtt://x' } }));
  const file = join(folder, 'certificate.ndjson');
  /** As the command does it, in this process. */
  const issue = () => certificate(['--config', config, SOURCE, DAY, '--output', file]);
  return { folder, directory, at: (name: string) => join(directory, DAY, name), source, config, file, issue };
}
type Laid = Awaited<ReturnType<typeof laid>>;

/** What was done to the directory since its day was certified: class and name. */
async function tamperedWith({ at }: Laid): Promise<void> {
  await truncate(at(NAMES[0] as string), 50);
  const flipped = at(NAMES[1] as string);
  const { atime, mtime } = await stat(flipped);
  const bytes = await readFile(flipped);
  bytes[50] = (bytes[50] as number) ^ 1;
  await writeFile(flipped, bytes);
  await utimes(flipped, atime, mtime);
  await rm(at(NAMES[2] as string));
  await writeFile(at('by-hand.jpg'), 'x');
  await rename(at(NAMES[3] as string), at(`${NAMES[3]}.old`));
  await rm(at(NAMES[4] as string));
  await symlink('elsewhere', at(NAMES[4] as string));
}
const SEEN_BY_SIZE = [
  ['altered', NAMES[0]],
  ['removed', NAMES[2]],
  ['removed', NAMES[3]],
  ['added', `${NAMES[3]}.old`],
  ['altered', NAMES[4]],
  ['added', 'by-hand.jpg'],
];
const SEEN_BY_DIGEST = [SEEN_BY_SIZE[0], ['altered', NAMES[1]], ...SEEN_BY_SIZE.slice(1)];

async function differences(file: string, against: string[]): Promise<[kind: string, name: string][]> {
  const output = `${file}.verdict`;
  expect(await verify(['--json', file, '--output', output, '--against', ...against])).toBe(1);
  const found = JSON.parse(await readFile(output, 'utf8')) as {
    sound: boolean;
    against: { differences: { class: string; path: string }[] };
  };
  expect(found.sound).toBe(true);
  return found.against.differences.map((d) => [d.class, d.path.slice(DAY.length + 1)]);
}

describe('vigie-hub certificate and verify', () => {
  test('a directory that is as certified, and every change of it by name', { timeout: 60_000 }, async () => {
    const hub = await laid();
    const issued = await vigieHub(['certificate', '--config', hub.config, SOURCE, DAY, '--output', hub.file]);
    expect(issued).toEqual({ code: 0, stdout: '', stderr: '' });
    const key = join(hub.folder, 'public.pem');
    expect(await certificate(['-c', hub.config, '--public-key', '-o', key])).toBe(0);

    const whole = await vigieHub(['verify', hub.file, '--key', key, '--against', hub.directory, '--digest']);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout).toContain(`Sound: ${SOURCE} on ${DAY} (UTC): 8 assets, 828 bytes.`);
    expect(whole.stdout).toContain('the given key');
    expect(whole.stdout).toContain('at archive: 7 of 8 by size');
    expect(whole.stdout).toContain(`remark: missing at archive: ${DAY}/${NAMES[6]}`);
    expect(whole.stdout).toContain('8 assets are as certified, by size and digest.');

    await tamperedWith(hub);
    const seen = await differences(hub.file, [hub.directory, '--digest']);
    expect(seen).toEqual(SEEN_BY_DIGEST);
    expect(await differences(hub.file, [hub.directory])).toEqual(SEEN_BY_SIZE);
    const saved = join(hub.folder, 'side.ndjson.gz');
    expect(await inventory(['--digest', hub.directory, '--output', saved])).toBe(0);
    expect(await differences(hub.file, [saved])).toEqual(SEEN_BY_DIGEST);

    const sshd = await startSshd({ folder: join(hub.folder, 'sshd') });
    onTestFinished(() => sshd.stop());
    const address = `sftp://${sshd.user}@${sshd.host}:${sshd.port}${hub.directory}`;
    const keys = ['-i', sshd.identityFile, '--known-hosts', sshd.knownHosts];
    const overSftp = await differences(hub.file, [address, ...keys]);
    expect(overSftp).toEqual(SEEN_BY_SIZE);
    expect(await differences(hub.file, [address, ...keys, '--digest'])).toEqual(SEEN_BY_DIGEST);
  });

  test('exit codes: 1 for what was altered, 2 for wrong use, 3 for what cannot be read', {
    timeout: 60_000,
  }, async () => {
    const { folder, directory, file, issue, config } = await laid();
    await issue();
    const bytes = await readFile(file);
    const other = join(folder, 'other');
    await writeFile(other, bytes.toString('utf8').replace('"size":101', '"size":102'));
    const altered = await vigieHub(['verify', other, '--against', directory]);
    expect(altered.code).toBe(1);
    expect(altered.stdout).toContain('root of the leaves');
    expect(altered.stdout).toContain(
      `altered  ${DAY}/${NAMES[1]}  (other size: 102 bytes were certified, 101 are there)`,
    );
    await appendFile(file, '\n');
    expect(await verify([file, '--output', join(folder, 'verdict')])).toBe(1);
    expect(await readFile(join(folder, 'verdict'), 'utf8')).toContain('something follows the signature');
    const none = join(folder, 'none');
    const absent = await vigieHub(['verify', none]);
    expect(absent).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('ENOENT') });

    const usage = (message: string) => ({ code: 'usage', message: expect.stringContaining(message) });
    await expect(verify([other, '--against', none])).rejects.toMatchObject({ code: 'root-absent' });
    await expect(verify([])).rejects.toMatchObject(usage('0 certificates were given'));
    await expect(verify([file, '--key', none])).rejects.toMatchObject(usage('--key'));
    await expect(verify([file, '--against', 'ftp://x'])).rejects.toMatchObject(usage('ftp://'));
    await expect(certificate(['-c', config, SOURCE, '20240230'])).rejects.toMatchObject(usage('20240230'));
    await expect(certificate(['-c', config, 'cam-1/garden', DAY])).rejects.toMatchObject(usage('SITE/DEVICE/SOURCE'));
  });

  test('a day that its device has not confirmed is refused with a hint, and so is a hub that never ran', async () => {
    const { source, issue, config } = await laid();
    source.inventories.reconciled(source.row, 1, false);
    const refused = await vigieHub(['certificate', '--config', config, SOURCE, DAY]);
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain(`certify ${DAY} of "${SOURCE}"`);
    expect(refused.stderr).toContain('The device must have been online');
    await writeFile(config, stringify({ dataFolder: 'nowhere', broker: { type: 'external', url: 'mqtt://x' } }));
    const hint = expect.stringContaining('Start the hub of this version once');
    await expect(issue()).rejects.toMatchObject({ code: 'database', hint });
  });
});

test('the ways of docs/certificates.md to check one by hand agree', async () => {
  const { folder, issue, config, file } = await laid();
  await issue();
  await certificate(['-c', config, '--public-key', '-o', join(folder, 'public.pem')]);
  const page = await readFile(join(ROOT, 'docs/certificates.md'), 'utf8');
  const [shell, python] = ['sh', 'python'].map((kind) => new RegExp(`\`\`\`${kind}\n([^]*?)\`\`\``).exec(page)?.[1]);
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', timeout: 20_000, stdio: ['ignore', 'pipe', 'pipe'] });
  expect(run('sh', ['-ec', shell as string])).toContain('Signature Verified Successfully');
  await writeFile(join(folder, 'root.py'), python as string);
  expect(run('python3', ['root.py', file])).toBe('True\nTrue\n');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"size":101', '"size":102'));
  expect(run('python3', ['root.py', file])).toBe('False\nTrue\n');
  await writeFile(file, (await readFile(file, 'utf8')).replace(`"day":"${DAY}"`, '"day":"20240228"'));
  expect(() => run('sh', ['-ec', shell as string])).toThrow('openssl pkeyutl');
});
