import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Intent } from '@vigie/agent/watched-folder/books';
import { quickDisk } from '@vigie/agent/watched-folder/disk';
import { listFault, matcherOf } from '@vigie/agent/watched-folder/glob';
import { fitted, hexadecimalName, nameFault, safeName } from '@vigie/agent/watched-folder/names';
import { createReservations, placeAll, placeUnder } from '@vigie/agent/watched-folder/place';
import { placeFault, placeOf } from '@vigie/agent/watched-folder/place-pattern';
import { type Listed, type SelectSettings, type Sighting, select } from '@vigie/agent/watched-folder/select';
import { bytesOf } from '@vigie/shared/kit/names';
import { localTime } from '@vigie/shared/kit/zone';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesBelow } from './invariants.ts';

const BATCH = 3;
const WAIT_MS = 2_000;
const STABLE_MS = 1_000;

/** A file of an input that a script changes; `events` are steps of a second each. */
type World = Map<string, { size: number; changedAt: number; type: Listed['type'] }>;
type Step =
  | { do: 'write'; name: string; size: number }
  | { do: 'touch'; name: string }
  | { do: 'remove'; name: string }
  | { do: 'nothing' }
  | { do: 'end' };

const NAMES = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg', 'ex.jpg', 'f.part', '.hidden.jpg', 'g.txt'];
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('write' as const), name: fc.constantFrom(...NAMES), size: fc.nat(3) }),
  fc.record({ do: fc.constant('touch' as const), name: fc.constantFrom(...NAMES) }),
  fc.record({ do: fc.constant('remove' as const), name: fc.constantFrom(...NAMES) }),
  fc.constant({ do: 'nothing' as const }),
  fc.constant({ do: 'end' as const }),
);

const settings: SelectSettings = {
  include: matcherOf('*.jpg'),
  exclude: matcherOf('ex*'),
  ignore: true,
  folders: false,
  waitTimeMs: WAIT_MS,
  stableMs: STABLE_MS,
  batchSize: BATCH,
  throttling: true,
};

describe('selection, scan after scan', () => {
  it('never takes what is excluded, young or changing, never more than there is room for, and the oldest first', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.integer({ min: 100, max: 3_000 })), { maxLength: 60 }), (script) => {
        const world: World = new Map();
        let sightings: ReadonlyMap<string, Sighting> = new Map();
        let now = 1_000_000;
        let inFlight = 0;
        for (const [event, pauseMs] of script) {
          if (event.do === 'write') world.set(event.name, { size: event.size, changedAt: now, type: 'file' });
          const touched = event.do === 'touch' ? world.get(event.name) : undefined;
          if (touched) touched.changedAt = now;
          if (event.do === 'remove') world.delete(event.name);
          if (event.do === 'end') inFlight = Math.max(0, inFlight - 1);
          now += pauseMs;
          const listing = [...world].map(([name, { size, changedAt, type }]) => ({
            name,
            type,
            size,
            modifiedAt: changedAt,
            changedAt,
          }));
          const seen = { sightings, complete: new Set<string>(), inFlight };
          const selection = select(listing, settings, { wall: now, monotonic: now }, seen);
          expect(selection.picked.length).toBeLessThanOrEqual(BATCH - inFlight);
          for (const { name, changedAt } of selection.picked) {
            expect(name).toMatch(/^[a-e]\.jpg$/);
            expect(now - changedAt).toBeGreaterThanOrEqual(WAIT_MS);
            const before = sightings.get(name);
            expect(before).toMatchObject({ size: world.get(name)?.size, modifiedAt: changedAt });
            expect(now - (before?.since ?? now)).toBeGreaterThanOrEqual(STABLE_MS);
          }
          const ages = selection.picked.map(({ changedAt }) => changedAt);
          expect(ages).toEqual([...ages].sort((x, y) => x - y));
          // What is left and could have been taken is no older than what was taken.
          const ripe = listing.filter((one) => {
            const before = sightings.get(one.name);
            const same = before?.size === one.size && before.modifiedAt === one.modifiedAt;
            return (
              /^[a-e]\.jpg$/.test(one.name) && same && now - before.since >= STABLE_MS && now - one.changedAt >= WAIT_MS
            );
          });
          expect(selection.picked).toHaveLength(Math.min(ripe.length, BATCH - inFlight));
          const last = ages.at(-1);
          for (const { name, changedAt } of ripe) {
            if (last !== undefined && !selection.picked.some((one) => one.name === name)) {
              expect(changedAt).toBeGreaterThanOrEqual(last);
            }
          }
          sightings = selection.sightings;
          for (const { name } of selection.picked) world.delete(name);
          inFlight += selection.picked.length;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('takes everything in the end, once it is left alone and jobs end', () => {
    const files = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}\.jpg$/), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(files, fc.array(fc.nat(10_000), { minLength: 40, maxLength: 40 }), (names, times) => {
        const left = new Map(names.map((name, i) => [name, 1_000_000 - (times[i] as number)]));
        let sightings: ReadonlyMap<string, Sighting> = new Map();
        const taken: string[] = [];
        for (let scans = 0; left.size > 0; scans++) {
          expect(scans).toBeLessThan(names.length + 5);
          const now = 1_000_000 + scans * 1_000;
          const listing = [...left].map(([name, at]) => ({
            name,
            type: 'file' as const,
            size: 1,
            modifiedAt: at,
            changedAt: at,
          }));
          const seen = { sightings, complete: new Set<string>(), inFlight: 0 };
          const selection = select(listing, { ...settings, exclude: () => false }, { wall: now, monotonic: now }, seen);
          for (const { name } of selection.picked) {
            taken.push(name);
            left.delete(name);
          }
          sightings = selection.sightings;
        }
        expect(taken.sort()).toEqual([...names].sort());
      }),
      { numRuns: 100 },
    );
  });
});

const LETTERS = [...'YyMDdHhmslRPJFE'];
const fileName = fc
  .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
  .map((name) => safeName(name))
  .filter((name) => name !== '.' && name !== '..');
const zone = fc.constantFrom('UTC', 'Europe/Paris', 'Asia/Kathmandu', 'America/St_Johns', 'Pacific/Auckland');
const instant = fc.integer({ min: 0, max: 253_402_300_799_999 });

describe('place patterns', () => {
  it('each letter tells its part of the local time, whatever the zone', () => {
    fc.assert(
      fc.property(instant, zone, (capturedAt, zoneName) => {
        const facts = { name: 'a.b', capturedAt, zone: zoneName, jobId: 'job1', folderName: 'yard' };
        const local = localTime(capturedAt, zoneName);
        const text = placeOf('%Y %y %M %D %H %m %s %l %d %h %R', facts, '').name.split(' ');
        const [year, short, month, day, hour, minute, second, ms, dayOfYear, twelve, digit] = text as [
          string,
          ...string[],
        ];
        expect(Number(year)).toBe(local.year);
        expect(Number(short)).toBe(local.year % 100);
        expect([month, day, hour, minute, second].map(Number)).toEqual([
          local.month,
          local.day,
          local.hour,
          local.minute,
          local.second,
        ]);
        expect(Number(ms)).toBe(local.millisecond);
        expect(text.map(({ length }) => length)).toEqual([
          Math.max(4, String(local.year).length),
          2,
          2,
          2,
          2,
          2,
          2,
          3,
          3,
          2,
          1,
        ]);
        const dates = new Date(Date.UTC(2000, 0, 1));
        dates.setUTCFullYear(local.year, 0, Number(dayOfYear));
        expect([dates.getUTCMonth() + 1, dates.getUTCDate()]).toEqual([local.month, local.day]);
        expect(Number(twelve) % 12).toBe(local.hour % 12);
        expect(Number(twelve)).toBeGreaterThanOrEqual(1);
        expect(digit).toMatch(/^\d$/);
      }),
    );
  });

  it('%F and %E give the name back', () => {
    fc.assert(
      fc.property(fileName, (name) => {
        const facts = { name, capturedAt: 0, zone: 'UTC', jobId: 'job1', folderName: 'yard' };
        fc.pre(!name.endsWith('.') && name.lastIndexOf('.') !== 0);
        expect(placeOf('%F.%E', facts, '').name).toBe(name);
        expect(placeOf('in/', facts, name)).toEqual({ folder: 'in', name });
      }),
    );
  });

  it('no pattern that is allowed, and no name, leads out of the tree', () => {
    const part = fc.oneof(
      fc.constantFrom(...LETTERS.map((letter) => `%${letter}`)),
      fc.constantFrom('/', '.', '..', '-', 'a', ' ', '~', '\\', '\u202e', '%%', '%x', '\0'),
    );
    const anyName = fc.oneof(fileName, fc.constantFrom('..', '.', '...', '..jpg', '.jpg', '-rf', 'a..', '..%2f'));
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 10 }),
        anyName,
        fc.constantFrom('yard', '..', '.'),
        (parts, name, folderName) => {
          const pattern = parts.join('');
          fc.pre(placeFault(pattern) === undefined);
          const facts = { name: safeName(name), capturedAt: 1e12, zone: 'UTC', jobId: '..', folderName };
          const place = placeOf(pattern, facts, safeName(name) === '..' ? 'own' : safeName(name));
          for (const one of [...place.folder.split('/').filter(Boolean), place.name]) {
            expect(nameFault(one), JSON.stringify({ pattern, name })).toBeUndefined();
          }
          expect(place.folder.startsWith('/')).toBe(false);
          expect(join('/tree', place.folder, place.name).startsWith('/tree/')).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('hexadecimal names have letters, digits and at most one dot, and keep the extension', () => {
    fc.assert(
      fc.property(fileName, (name) => {
        const plain = hexadecimalName(name);
        expect(plain).toMatch(/^[A-Za-z0-9]*(\.[A-Za-z0-9]*)?$/);
        expect(hexadecimalName(plain)).toBe(plain);
        if (/\.[a-z]{1,4}$/.test(name) && name.lastIndexOf('.') > 0) {
          expect(plain.endsWith(name.slice(name.lastIndexOf('.')))).toBe(true);
        }
      }),
    );
  });

  it('a list matches exactly what its parts match; escaped, any name matches itself alone', () => {
    fc.assert(
      fc.property(fileName, fileName, (name, other) => {
        fc.pre(!/[;]/.test(name) && name.trim() === name && !name.startsWith('re:') && !name.includes('/'));
        const escaped = name.replaceAll(/[\\*?[\]]/g, '\\$&');
        expect(listFault(escaped)).toBeUndefined();
        expect(matcherOf(escaped)(name)).toBe(true);
        expect(matcherOf(escaped)(other)).toBe(name === other);
        expect(matcherOf(`nothing; ${escaped} ;`)(name)).toBe(true);
      }),
    );
  });
});

describe('duplicates', () => {
  /** An empty folder in memory. */
  async function memoryFolder(): Promise<string> {
    const folder = await mkdtemp('/dev/shm/vigie-test-');
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }
  const sameNames = fc.array(fc.constantFrom('a.jpg', 'a_1.jpg', 'a_2.jpg', 'b', 'b_1', fitted('é'.repeat(200))), {
    minLength: 1,
    maxLength: 12,
  });

  it('whatever names come, at once or in turn, all are kept, each under a name of its own', async () => {
    const root = await memoryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(sameNames, fc.boolean(), async (names, atOnce) => {
        run += 1;
        const [from, to] = [join(root, `from${run}`), join(root, `to${run}`)];
        await quickDisk.makeFolder(from);
        for (const [i] of names.entries()) await writeFile(join(from, `${i}`), `content ${i}`);
        const place = (name: string, i: number) =>
          placeUnder({ disk: quickDisk, file: join(from, `${i}`), folder: to, name });
        const paths: string[] = [];
        if (atOnce) paths.push(...(await Promise.all(names.map(place))));
        else for (const [i, name] of names.entries()) paths.push(await place(name, i));
        expect(new Set(paths).size).toBe(names.length);
        const kept = [...(await filesBelow(to)).values()].map(String).sort();
        expect(kept).toEqual(names.map((_, i) => `content ${i}`).sort());
        for (const name of await readdir(to)) expect(bytesOf(name).length).toBeLessThanOrEqual(255);
      }),
      { numRuns: 60 },
    );
  });

  it('jobs of several files: all are kept, and what the books were told is where they lie', async () => {
    const root = await memoryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(sameNames, { minLength: 1, maxLength: 4 }), fc.boolean(), async (jobs, inFolder) => {
        run += 1;
        const [from, to] = [join(root, `jobs${run}`), join(root, `placed${run}`)];
        await quickDisk.makeFolder(from);
        const reservations = createReservations();
        const told = new Map<number, readonly Intent[]>();
        const intent = {
          tree: 'result',
          modifiedAt: 0,
          size: 1,
          kind: 'jpg',
          capturedAt: 0,
          unreadable: undefined,
          preview: null,
        } as const;
        await Promise.all(
          jobs.map(async (names, job) => {
            const wanted = names.map((name, i) => ({
              file: join(from, `${job}-${i}`),
              name,
              intent: { ...intent, sha256: `${job}-${i}` },
            }));
            for (const { file, intent: own } of wanted) await writeFile(file, own.sha256);
            await placeAll({
              disk: quickDisk,
              wanted,
              root: to,
              folder: '',
              inFolder: inFolder ? 'order' : undefined,
              earlier: [],
              overwrite: false,
              isTaken: (path) => reservations.isTaken(path, `${job}`),
              announce(intents, paths) {
                reservations.reserve(`${job}`, paths);
                told.set(job, intents);
              },
            });
          }),
        );
        const kept = await filesBelow(to);
        const intents = [...told.values()].flat();
        expect(intents.map(({ path }) => [path, String(kept.get(path))])).toEqual(
          intents.map(({ path, sha256 }) => [path, sha256]),
        );
        expect(kept.size).toBe(jobs.flat().length);
      }),
      { numRuns: 40 },
    );
  });
});
