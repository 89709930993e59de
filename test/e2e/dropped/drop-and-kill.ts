import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@vigie/shared/kit/clock';
import { stamp } from '@vigie/shared/kit/zone';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { type Mutant, mutantEnvironment } from '../../support/mutant.ts';
import { jpegPicture } from '../../support/picture.ts';
import { startProgram } from '../../support/program.ts';
import { tempFolder, until } from '../../support/temp.ts';

const FIRST_AT = Date.UTC(2026, 4, 3, 12, 0, 0);

/** Pictures that are dropped while the agent is killed again and again arrive once each, by their capture time. */
export async function dropAndKill(options: { files: number; kills: number; mutant?: Mutant }): Promise<void> {
  const { files, kills, mutant } = options;
  const environment = mutant ? mutantEnvironment(mutant) : {};
  const folder = await tempFolder();
  const drops = { moved: join(folder, 'ftp/moved'), copied: join(folder, 'ftp/copied') };
  const take = { moved: 'move', copied: 'copy' } as const;
  const names = ['moved', 'copied'] as const;
  const config = join(folder, 'agent.yaml');
  const source = (name: (typeof names)[number]) => ({
    name,
    zone: 'Europe/Paris',
    camera: { type: 'folder', path: drops[name], take: take[name], waitTime: '150ms', lookEvery: '100ms', filesMax: 5 },
    watchedFolder: { interval: '100ms' },
  });
  await writeFile(config, stringify({ device: 'd1', dataFolder: 'data', sources: names.map(source) }));
  const picture = await jpegPicture({ width: 64, height: 48 });
  const dropped = new Map<string, string>();
  for (const name of names) await mkdir(join(drops[name], '2026/05'), { recursive: true });

  async function drop(number: number): Promise<void> {
    const at = stamp(FIRST_AT + number * 60_000, 'Europe/Paris');
    // What stands behind the end of a JPEG does not matter to those who read it.
    const bytes = Buffer.concat([picture, Buffer.from(`${number}`)]);
    dropped.set(`${at}.jpg`, digest(bytes));
    for (const name of names) {
      await writeFile(join(drops[name], `.${at}`), bytes);
      await rename(join(drops[name], `.${at}`), join(drops[name], '2026/05', `cam1_${at}.jpg`));
    }
  }
  async function arrived(name: string): Promise<Map<string, string>> {
    const root = join(folder, 'data/sources', name, 'result');
    const found = await readdir(root, { recursive: true }).catch((): string[] => []);
    const pictures = found.filter((file) => file.endsWith('.jpg'));
    return new Map(
      await Promise.all(
        pictures.map(
          async (file) => [file.slice(file.lastIndexOf('/') + 1), digest(await readFile(join(root, file)))] as const,
        ),
      ),
    );
  }

  let next = 0;
  const log = join(folder, 'agent.log');
  for (let life = 0; life < kills; life++) {
    const agent = startProgram('agent', ['run', '--config', config], log, environment);
    const before = (await arrived('copied')).size;
    const untilNumber = Math.round(((life + 1) * files) / kills);
    for (; next < untilNumber; next++) {
      await drop(next);
    }
    // It dies at some moment of its work: while it takes, hands over, processes.
    await until(
      'it works',
      async () => (await arrived('copied')).size > before || (await arrived('moved')).size > before,
    );
    await systemClock.sleep((life * 37) % 90);
    await agent.kill();
  }
  const agent = startProgram('agent', ['run', '--config', config], log, environment);
  for (const name of names) {
    await until(`all of "${name}" are there`, async () => (await arrived(name)).size >= files, 120_000);
  }
  // Another one needs two looks at everything: what might come a second time has come by then.
  await drop(files);
  for (const name of names) {
    await until(`one more is there in "${name}"`, async () => (await arrived(name)).size > files, 120_000);
  }
  expect(await agent.stop()).toBe(0);
  for (const name of names) {
    // A crash between announcing a name and taking it leaves the name announced: the picture then has a suffix.
    const found = [...(await arrived(name))].map(([file, sha256]) => [file.replace(/_\d+\.jpg$/, '.jpg'), sha256]);
    expect(found.sort()).toEqual([...dropped].sort());
  }
  expect(await readdir(join(drops.moved, '2026/05'))).toEqual([]);
  expect(await readdir(join(drops.copied, '2026/05'))).toHaveLength(files + 1);
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
