import { matcherOf } from '@vigie/agent/watched-folder/glob';
import { type Listed, type Seen, type SelectSettings, select } from '@vigie/agent/watched-folder/select';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const NOW = { wall: 1_800_000_000_000, monotonic: 1_000_000 };

const rules = (over: Partial<SelectSettings> = {}): SelectSettings => ({
  include: matcherOf('*'),
  exclude: matcherOf(''),
  ignore: true,
  folders: false,
  waitTimeMs: 2_000,
  stableMs: 1_000,
  batchSize: 16,
  throttling: true,
  ...over,
});

const file = (name: string, ageMs = 60_000, over: Partial<Listed> = {}): Listed => ({
  name,
  type: 'file',
  size: 10,
  modifiedAt: NOW.wall - ageMs,
  changedAt: NOW.wall - ageMs,
  ...over,
});

/** An earlier scan, `agoMs` before, saw these entries as they are. */
const seenBefore = (listing: readonly Listed[], agoMs = 5_000, over: Partial<Seen> = {}): Seen => ({
  sightings: new Map(
    listing.map((l) => [l.name, { size: l.size, modifiedAt: l.modifiedAt, since: NOW.monotonic - agoMs }]),
  ),
  complete: new Set(),
  inFlight: 0,
  ...over,
});

const names = (listing: Listed[], settings = rules(), seen = seenBefore(listing)) =>
  select(listing, settings, NOW, seen).picked.map((p) => p.name);

describe('select', () => {
  it('takes the oldest arrivals first, then by name', () => {
    expect(names([file('b', 5_000), file('c', 9_000), file('a', 5_000)])).toEqual(['c', 'a', 'b']);
  });

  it('tells arrival by the later of modification and change', () => {
    const old = file('kept-mtime', 1_000_000, { changedAt: NOW.wall - 3_000 });
    expect(names([old, file('b', 4_000)])).toEqual(['b', 'kept-mtime']);
  });

  it('takes no more than a batch', () => {
    const listing = Array.from({ length: 10 }, (_, i) => file(`f${i}`));
    expect(names(listing, rules({ batchSize: 2 }))).toEqual(['f0', 'f1']);
    expect(select(listing, rules({ batchSize: 2 }), NOW, seenBefore(listing)).waiting).toBe(8);
  });

  it('starts batch size − in flight while throttled, a whole batch when not', () => {
    const listing = Array.from({ length: 10 }, (_, i) => file(`f${i}`));
    const seen = seenBefore(listing, 5_000, { inFlight: 1 });
    expect(names(listing, rules({ batchSize: 4 }), seen)).toHaveLength(3);
    expect(names(listing, rules({ batchSize: 4 }), { ...seen, inFlight: 4 })).toHaveLength(0);
    expect(names(listing, rules({ batchSize: 4, throttling: false }), { ...seen, inFlight: 4 })).toHaveLength(4);
  });

  it('leaves alone what has not been left alone for the wait time', () => {
    expect(names([file('young', 1_999)])).toEqual([]);
    expect(names([file('ripe', 2_000)])).toEqual(['ripe']);
    expect(names([file('just copied, old mtime', 1e9, { changedAt: NOW.wall - 100 })])).toEqual([]);
  });

  it('takes nothing on first sight, and nothing whose size or mtime changed since', () => {
    const entry = file('a');
    expect(names([entry], rules(), seenBefore([]))).toEqual([]);
    expect(names([entry], rules(), seenBefore([{ ...entry, size: 9 }]))).toEqual([]);
    expect(names([entry], rules(), seenBefore([{ ...entry, modifiedAt: entry.modifiedAt - 1 }]))).toEqual([]);
    expect(names([entry], rules(), seenBefore([entry], 999))).toEqual([]);
    expect(names([entry], rules(), seenBefore([entry], 1_000))).toEqual(['a']);
  });

  it('a file that was brought in whole waits for nothing', () => {
    expect(names([file('a', 0)], rules(), seenBefore([], 0, { complete: new Set(['a']) }))).toEqual(['a']);
  });

  it('a time that lies ahead does not keep a file for ever', () => {
    const ahead = file('a', -1e10);
    expect(names([ahead], rules(), seenBefore([ahead], 1_999))).toEqual([]);
    expect(names([ahead], rules(), seenBefore([ahead], 2_000))).toEqual(['a']);
  });

  it('never takes what somebody still writes or a desktop left, and exclude wins over include', () => {
    const listing = ['a.part', 'b.TMP', '.hidden', 'Thumbs.db', 'desktop.ini', '.DS_Store', 'in.jpg', 'ex.jpg'];
    expect(
      names(
        listing.map((n) => file(n)),
        rules({ exclude: matcherOf('ex*') }),
      ),
    ).toEqual(['in.jpg']);
  });

  it('tells folders apart and takes special entries as candidates', () => {
    const listing = [file('d', 60_000, { type: 'folder' }), file('fifo', 60_000, { type: 'special' })];
    const selection = select(listing, rules(), NOW, seenBefore(listing));
    expect(selection.folders.map((f) => f.name)).toEqual(['d']);
    expect(selection.picked.map((f) => f.name)).toEqual(['fifo']);
  });

  it('for any listing: picked are candidates, unique, in order, within capacity, and all else is waiting', () => {
    const entry = fc.record({
      name: fc.stringMatching(/^[ab.]{1,4}(\.jpg|\.part)?$/),
      type: fc.constantFrom<Listed['type']>('file', 'folder', 'special'),
      size: fc.nat(3),
      modifiedAt: fc.integer({ min: NOW.wall - 5_000, max: NOW.wall + 5_000 }),
      changedAt: fc.integer({ min: NOW.wall - 5_000, max: NOW.wall + 5_000 }),
    });
    const listings = fc.uniqueArray(entry, { selector: (e) => e.name, maxLength: 30 });
    fc.assert(
      fc.property(listings, fc.nat(6_000), fc.nat(6), fc.boolean(), (listing, ago, inFlight, throttling) => {
        const settings = rules({ batchSize: 4, throttling, include: matcherOf('*.jpg;a*') });
        const seen = seenBefore(listing, ago, { inFlight });
        const { picked, waiting, sightings } = select(listing, settings, NOW, seen);
        expect(picked.length).toBeLessThanOrEqual(throttling ? Math.max(0, 4 - inFlight) : 4);
        expect(new Set(picked).size).toBe(picked.length);
        const arrivals = picked.map((p) => Math.max(p.modifiedAt, p.changedAt));
        expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
        for (const p of picked) expect(p.name).toMatch(/^[^.]/);
        for (const p of picked)
          expect(NOW.wall - Math.max(p.modifiedAt, p.changedAt) >= 2_000 || ago >= 2_000).toBe(true);
        expect(picked.length + waiting).toBe(sightings.size);
      }),
    );
  });
});
