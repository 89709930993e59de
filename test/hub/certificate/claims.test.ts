import { isWhole } from '@vigie/hub/certificate/certificate';
import { type DayFacts, draftOf, type JudgingReport } from '@vigie/hub/certificate/claims';
import { expect, test } from 'vitest';
import { asset, DAY, NAME } from './certified-source.ts';

const report: JudgingReport = { id: 'r1', createdAt: 5000, completedAt: 6000, byDigest: false, unmatched: new Map() };
const draft = (more: Partial<DayFacts>) =>
  draftOf(
    {
      ...{
        ...NAME,
        generation: 'g',
        zone: 'Europe/Paris',
        day: DAY,
        agreedAt: 9000,
        seq: 7,
        elsewhere: [],
        slots: 'none',
      },
      ...{ entries: [1, 2, 3].map((n) => ({ ...asset(n), knownAt: 4000 })), destinations: [] },
      ...more,
    },
    { at: 10_000, publicKey: 'MCowBQYDK2VwAyEA' },
  );
const remarks = (more: Partial<DayFacts>) => draft(more).remarks.map((line) => JSON.parse(line));

test('a leaf holds path, size, digest and the instant that name and zone tell, or the true time', () => {
  const { header, leaves } = draft({
    entries: [
      { ...asset(0), knownAt: 1 },
      { ...asset(1), capturedAt: Date.UTC(2024, 1, 29, 5), knownAt: 1 },
      { path: `${DAY}/é.xmp`, size: 9, knownAt: 1 },
    ],
  });
  expect(leaves.map((line) => JSON.parse(line))).toEqual([
    { ...asset(0), capturedAt: '2024-02-28T23:00:00.000Z' },
    { ...asset(1), capturedAt: '2024-02-29T05:00:00.000Z' },
    { path: `${DAY}/é.xmp`, size: 9, sha256: null, capturedAt: null },
  ]);
  expect(header.leaves).toMatchObject({ count: 3, bytes: 2010 });
});

test('nothing is proved where no report was made', () => {
  const { header } = draft({ destinations: [{ name: 'archive', report: null }] });
  expect(header.destinations).toEqual([{ name: 'archive', report: null, proved: { count: 0, bytes: 0 } }]);
  expect(header.remarks.count).toBe(0);
  expect(isWhole(header)).toBe(false);
});

test('what a report found otherwise, or could not know, is remarked and not proved', () => {
  const destinations = [
    { name: 'mirror', report: { ...report, byDigest: true } },
    {
      name: 'archive',
      report: { ...report, unmatched: new Map([[asset(1).path, { class: 'corrupt', cause: 'bits' }]]) },
    },
  ];
  const entries = [
    { ...asset(1), knownAt: 4000 },
    { ...asset(2), knownAt: 5000 },
    { ...asset(3), knownAt: 5001 },
  ];
  const late = { class: 'unproved', path: asset(3).path, cause: 'it became known after the report' };
  expect(remarks({ destinations, entries })).toEqual([
    { destination: 'archive', class: 'corrupt', path: asset(1).path, cause: 'bits' },
    { destination: 'archive', ...late },
    { destination: 'mirror', ...late },
  ]);
  const { header } = draft({ destinations, entries });
  expect(header.destinations).toMatchObject([
    { name: 'archive', report: { id: 'r1', proof: 'size' }, proved: { count: 1, bytes: 1002 } },
    { name: 'mirror', report: { proof: 'digest' }, proved: { count: 2 } },
  ]);
  expect(isWhole(header)).toBe(false);
  expect(isWhole(draft({ destinations: [{ name: 'mirror', report }] }).header)).toBe(true);
});

test('a day is whole only if everything was taken that was expected, and that is known', () => {
  const of = (slots: DayFacts['slots']) => {
    const { header } = draft({ slots, destinations: [{ name: 'mirror', report }] });
    return [header.version, isWhole(header)];
  };
  const all = { expected: 144, taken: 144, failed: 0, off: 0, excluded: 12 };
  expect(of(all)).toEqual([2, true]);
  expect(of({ ...all, taken: 143, failed: 1 })).toEqual([2, false]);
  // The camera was off all afternoon.
  expect(of({ ...all, taken: 100, off: 44 })).toEqual([2, false]);
  expect(of('unknown')).toEqual([2, false]);
});

test('what is unreadable at the source, or was taken on another day, is no leaf', () => {
  const entries = [
    { ...asset(1), knownAt: 1, unreadable: 'torn' },
    { ...asset(2), knownAt: 1 },
  ];
  const elsewhere = [{ path: `${DAY}/20240229230000.jpg`, day: '20240301' }];
  const destinations = [{ name: 'archive', report }];
  expect(draft({ entries, elsewhere, destinations }).header).toMatchObject({
    leaves: { count: 1 },
    destinations: [{ proved: { count: 1 } }],
  });
  expect(remarks({ entries, elsewhere, destinations })).toEqual([
    { destination: null, class: 'unreadable', path: asset(1).path, cause: 'unreadable at the source: torn' },
    { destination: null, class: 'other-day', path: elsewhere[0]?.path, cause: 'taken on 20240301, by true time' },
  ]);
});

test("what a destination's own filter leaves out is not called proved there, and leaves nothing open", () => {
  const takes = (path: string) => path !== asset(2).path;
  const {
    header,
    remarks: lines,
    isSettled,
  } = draft({ destinations: [{ name: 'mirror', report: { ...report, takes } }] });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      destination: 'mirror',
      class: 'left-out',
      path: asset(2).path,
      cause: "the destination's own filter leaves it out",
    },
  ]);
  expect(header.destinations[0]?.proved.count).toBe(2);
  expect([isWhole(header), isSettled]).toEqual([false, true]);
});
