import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawTestPicture } from '@vigie/hardware/camera/test-picture-drawing';
import { instantOf, localTime, stamp } from '@vigie/shared/kit/zone';
import { fontFile } from '../../support/font.ts';
import { drop } from '../../support/pictures.ts';
import { filesBelow, type Site } from '../../support/site.ts';
import { tempFolder, until } from '../../support/temp.ts';
import type { Harm } from './reports.ts';

const ZONE = 'Europe/Paris';
export const PICTURES_A_DAY = 8;
export const camera = { type: 'test-picture', width: 1280, height: 800 };

/** The day folder of an instant, `YYYYMMDD`. */
export const dayAt = (at: number): string => stamp(at, ZONE).slice(0, 8);

/** Brings pictures of the two days before today into harbour; returns the days. */
export async function fillHarbour(site: Site): Promise<string[]> {
  const folder = await tempFolder();
  const { width, height } = camera;
  await site.takesFiles('harbour');
  const days: string[] = [];
  for (const daysAgo of [2, 1]) {
    const now = Date.now() - daysAgo * 86_400_000;
    const day = dayAt(now);
    days.push(day);
    for (let i = 0; i < PICTURES_A_DAY; i++) {
      const hour = 6 + 2 * i;
      const at = instantOf({ ...localTime(now, ZONE), hour, minute: 0, second: 0 }, ZONE);
      const name = `${day}${String(hour).padStart(2, '0')}0000.jpg`;
      const path = join(folder, name);
      await drawTestPicture({
        path,
        width,
        height,
        bytes: 0,
        fontFile,
        at,
        zone: ZONE,
        source: 'harbour',
        sequence: i + 1,
      });
      await drop(site.watched('harbour'), name, await readFile(path), at);
    }
  }
  return days;
}

/** Waits until all of it is at the destination; returns path and digest of each file there. */
export async function arrived(landing: string): Promise<Map<string, string>> {
  await until('harbour has arrived', async () => {
    const names = [...(await filesBelow(landing)).keys()];
    return names.filter((name) => name.endsWith('.jpg')).length === 2 * PICTURES_A_DAY;
  });
  return filesBelow(landing);
}

/** Deletes five pictures at the destination, cuts two short, and adds one of another's. */
export async function harm(landing: string, paths: string[]): Promise<Harm> {
  const deleted = paths.filter((_, i) => i % 3 === 0).slice(0, 5);
  const truncated = paths.filter((_, i) => i % 3 === 1).slice(0, 2);
  for (const path of deleted) await rm(join(landing, path));
  for (const path of truncated) await truncate(join(landing, path), 100);
  const added = '20991231/<img src=x onerror=window.hostile=1>.jpg';
  await mkdir(join(landing, '20991231'));
  await writeFile(join(landing, added), 'not ours');
  return { deleted, truncated, added };
}
