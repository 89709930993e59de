import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openArchive } from '@vigie/hub/certificate/archive';
import { createCertifySource } from '@vigie/hub/certificate/certify-source';
import { readOrMakeKey } from '@vigie/hub/certificate/key';
import { readDay } from '@vigie/hub/certificate/read-day';
import { createCertificateRounds } from '@vigie/hub/certificate/rounds';
import { verifyCertificate } from '@vigie/hub/certificate/verify';
import { createSlotDays } from '@vigie/hub/store/slot-days';
import { silentLog } from '@vigie/shared/kit/log';
import { describe, expect, test } from 'vitest';
import { tempFolder, until } from '../../support/temp.ts';
import { deviceState, sourceState } from '../fleet/device-state.ts';
import { asset, certifiedSource, DAY, HOUR_MS, NAME } from './certified-source.ts';

async function hub() {
  const source = await certifiedSource();
  const folder = await tempFolder();
  const archive = openArchive(folder);
  const key = await readOrMakeKey(folder);
  const asked: string[] = [];
  const given = { answers: false };
  const certify = createCertifySource({
    ...{ books: source.books, archive, key, settleMs: HOUR_MS, clock: source.clock, log: silentLog },
    async confirm(name) {
      asked.push(name.source);
      if (!given.answers) throw new Error('nobody answers');
      source.agrees();
    },
  });
  const timing = { everyMs: 24 * HOUR_MS, clock: source.clock, log: silentLog };
  const rounds = createCertificateRounds({ sources: () => [NAME], certify, ...timing });
  const stopping = new AbortController();
  return {
    ...source,
    rounds,
    asked,
    stopping,
    files: () => readdir(join(folder, 'main/cam-1/garden')),
    file: (number: number) => join(folder, `main/cam-1/garden/${DAY}.${number}.ndjson`),
    given,
    round: async () => (await rounds.round([NAME], stopping.signal)).made,
    /** The certificate of this number, verified. */
    async certificate(number: number) {
      const found = await verifyCertificate(archive.read(NAME, { day: DAY, number }), key.publicKey);
      expect(found.faults).toEqual([]);
      const { header, leaves, remarks } = found;
      return {
        paths: leaves.map((l) => l.path),
        remarks: remarks.map((r) => `${r.class} ${r.path}`),
        archive: header?.destinations[0],
        header,
      };
    },
  };
}
const [one, two, three] = [asset(1), asset(2), asset(3)];

describe('rounds', () => {
  test('a day that is over and confirmed gets one certificate, and none while nothing changes', async () => {
    const { takes, agrees, report, round, files, certificate } = await hub();
    takes(one, two);
    agrees();
    await report([{ path: two.path }]);
    expect(await round()).toBe(1);
    const first = await certificate(1);
    expect(first.paths).toEqual([one.path, two.path]);
    expect(first.remarks).toEqual([`missing ${two.path}`]);
    expect(first.archive).toMatchObject({ name: 'archive', proved: { count: 1, bytes: one.size } });
    expect(await round()).toBe(0);
    await report([{ path: two.path }]);
    expect(await round()).toBe(0);
    expect(await files()).toEqual([`${DAY}.1.ndjson`]);
  });

  test('a day whose slots are told later gets a further one, which says what was not taken', async () => {
    const { takes, agrees, report, round, store, row, devices, certificate } = await hub();
    const slots = { delivered: 0, captured: 0, unreadable: 0, failed: 0, off: 0, excluded: 0 };
    const scheduled = sourceState({
      slots: { today: { day: '20240301', ...slots }, yesterday: { day: DAY, ...slots } },
    });
    devices.state(NAME, deviceState({ sources: [scheduled] }), true);
    takes(one);
    agrees();
    await report();
    expect(await round()).toBe(1);
    expect((await certificate(1)).header).toMatchObject({ version: 2, slots: 'unknown' });
    const days = createSlotDays(store);
    days.told(row, [{ day: DAY, ...slots }]);
    expect(await round()).toBe(0);
    days.told(row, [{ day: DAY, ...slots, delivered: 1, captured: 2, off: 3, excluded: 4 }]);
    expect(await round()).toBe(1);
    const told = { expected: 6, taken: 3, failed: 0, off: 3, excluded: 4 };
    expect((await certificate(2)).header).toMatchObject({ slots: told });
    // What was held is delivered meanwhile: no slot has another end by that.
    days.told(row, [{ day: DAY, ...slots, delivered: 3, off: 3, excluded: 4 }]);
    expect(await round()).toBe(0);
  });

  test('a changed day gets a further one beside the old, whatever the change', async () => {
    const { takes, loses, agrees, report, round, inventories, row, certificate } = await hub();
    takes(one);
    agrees();
    await report();
    expect(await round()).toBe(1);
    takes(two);
    expect(await round()).toBe(1);
    expect((await certificate(2)).remarks).toEqual([`unproved ${two.path}`]);
    await report();
    expect(await round()).toBe(1);
    expect((await certificate(3)).archive?.proved.count).toBe(2);
    await report([{ path: one.path, class: 'corrupt' }]);
    expect(await round()).toBe(1);
    expect((await certificate(4)).remarks).toEqual([`corrupt ${one.path}`]);
    loses(one);
    expect(await round()).toBe(1);
    inventories.retime(row, two.path, Date.UTC(2024, 1, 29, 1));
    expect(await round()).toBe(1);
    expect((await certificate(1)).paths).toEqual([one.path]);
    expect(await round()).toBe(0);
  });

  test('a day that is not over, or was over a moment ago, gets none', async () => {
    const { takes, agrees, round, clock } = await hub();
    takes(
      { ...one, path: '20240301/20240301000001.jpg' },
      { ...two, path: 'by-hand/a.jpg' },
      { ...three, path: '20241399/a.jpg' },
    );
    agrees();
    expect(await round()).toBe(0);
    clock.set(Date.UTC(2024, 2, 2, 0, 59));
    agrees();
    expect(await round()).toBe(0);
    clock.set(Date.UTC(2024, 2, 2, 1));
    expect(await round()).toBe(1);
  });

  test('a day that the device has not confirmed since gets none; the device is asked', async () => {
    const { takes, agrees, round, clock, asked, given } = await hub();
    clock.set(Date.UTC(2024, 1, 29, 23));
    takes(one);
    agrees();
    clock.set(Date.UTC(2024, 2, 1, 12));
    expect(await round()).toBe(0);
    expect(asked).toEqual(['garden']);
    given.answers = true;
    expect(await round()).toBe(1);
    expect(await round()).toBe(0);
    expect(asked).toEqual(['garden', 'garden']);
  });

  test('that both inventories agree is no word of the device: what agreed may have waited on its way', async () => {
    const { takes, inventories, row, round } = await hub();
    takes(one);
    inventories.reconciled(row, 1, true);
    expect(await round()).toBe(0);
  });

  test('a damaged certificate, and lost notes of what was done, lead to no second truth', async () => {
    const { takes, agrees, round, store, files, file } = await hub();
    takes(one);
    agrees();
    expect(await round()).toBe(1);
    store.sqlite.exec('delete from certified_day');
    expect(await round()).toBe(0);
    store.sqlite.exec('delete from certified_day');
    await writeFile(file(1), 'damaged');
    expect(await round()).toBe(1);
    expect((await files()).sort()).toEqual([`${DAY}.1.ndjson`, `${DAY}.2.ndjson`]);
  });

  test('the loop begins soon after the start and comes back each day', async () => {
    const { takes, agrees, rounds, clock, stopping, files, certificate } = await hub();
    takes(one);
    agrees();
    const running = rounds.run(stopping.signal);
    await clock.go(2 * 60_000);
    await until('the first round is over', () => clock.sleepers() === 1);
    takes(two);
    await clock.go(24 * HOUR_MS - 60_001);
    expect(clock.sleepers()).toBe(1);
    await clock.go(60_001);
    await until('the second round is over', async () => (await files()).length === 2 && clock.sleepers() === 1);
    expect((await certificate(2)).paths).toEqual([one.path, two.path]);
    stopping.abort();
    await running;
  });

  test('a source that waits for its device is tried again before the next round', async () => {
    const { takes, inventories, row, rounds, clock, stopping, files, asked, given } = await hub();
    takes(one);
    inventories.reconciled(row, 1, true);
    const running = rounds.run(stopping.signal);
    await clock.go(2 * 60_000);
    await until('the device was asked', () => asked.length === 1 && clock.sleepers() === 1);
    given.answers = true;
    await clock.go(15 * 60_000);
    await until('it has its certificate', async () => clock.sleepers() === 1 && (await files()).length === 1);
    await clock.go(2 * HOUR_MS);
    expect(asked).toHaveLength(2);
    stopping.abort();
    await running;
  });
});

describe('what a report proves', () => {
  const judged = async (source: Awaited<ReturnType<typeof certifiedSource>>) => {
    const { draftOf } = await import('@vigie/hub/certificate/claims');
    source.agrees();
    const facts = readDay(source.books, NAME, DAY, source.clock.now());
    const { header, remarks } = draftOf(facts, { at: 0, publicKey: '' });
    return { proved: header.destinations[0]?.proved.count, report: header.destinations[0]?.report?.id, remarks };
  };

  test('the newest of the whole day counts; one of other days, kinds or destinations says nothing', async () => {
    const source = await certifiedSource();
    source.takes(one, two);
    expect(await judged(source)).toMatchObject({ proved: 0, report: undefined });
    await source.report([], {}, 'elsewhere');
    await source.report([], { fromDay: '20240301' });
    await source.report([], { kinds: ['raw'] });
    await source.report([], { pathPrefix: one.path });
    expect(await judged(source)).toMatchObject({ proved: 0, report: undefined });
    const whole = await source.report([{ path: one.path }], { fromDay: DAY, toDay: DAY });
    await source.report([], { fromDay: '20240301' });
    expect(await judged(source)).toMatchObject({ proved: 1, report: whole });
  });

  test('an asset that came, or came back, or changed after the report is not proved by it', async () => {
    const source = await certifiedSource();
    source.takes(one, two, three);
    await source.report();
    expect(await judged(source)).toMatchObject({ proved: 3 });
    source.clock.take(1);
    source.takes({ ...one, size: 7 });
    source.loses(two);
    source.takes(two);
    expect(await judged(source)).toMatchObject({ proved: 1 });
    // What is told again as it was is no news, one by one or the day as a whole; nor is its removal after proof.
    source.takes({ ...three, purgedAt: 5 });
    await source.tellsAgain({ ...one, size: 7 }, two, three);
    expect(await judged(source)).toMatchObject({ proved: 1 });
    await source.tellsAgain({ ...one, size: 7 }, two, { ...three, sha256: 'f'.repeat(64) });
    expect(await judged(source)).toMatchObject({ proved: 0 });
    await source.report();
    expect(await judged(source)).toMatchObject({ proved: 3 });
  });

  test('a clock that is set back makes no old report speak of what came after it', async () => {
    const source = await certifiedSource();
    source.takes(one);
    await source.report();
    source.clock.set(Date.UTC(2024, 2, 1, 11));
    source.takes(two);
    expect(await judged(source)).toMatchObject({ proved: 1 });
  });

  test('a day is refused that is not over, or that the device has not confirmed', async () => {
    const { books, takes, agrees, inventories, row, clock } = await certifiedSource();
    takes(one);
    expect(() => readDay(books, NAME, DAY, clock.now())).toThrow('must confirm it after 2024-03-01T00:00:00.000Z');
    agrees();
    expect(readDay(books, NAME, DAY, clock.now()).entries).toHaveLength(1);
    expect(() => readDay(books, NAME, '20240301', clock.now())).toThrow('the day is over at 2024-03-02T00:00:00.000Z');
    inventories.reconciled(row, 9, false);
    expect(() => readDay(books, NAME, DAY, clock.now())).toThrow('and they disagree now');
    expect(() => readDay(books, { ...NAME, source: 'other' }, DAY, clock.now())).toThrow('never heard');
  });
});
