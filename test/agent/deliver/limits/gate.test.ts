import { createGate } from '@vigie/agent/deliver/limits/gate';
import { limitsConfig } from '@vigie/agent/deliver/limits/limits-config';
import { nextOpening, parseWindow, type Window } from '@vigie/agent/deliver/limits/windows';
import { describe, expect, test } from 'vitest';

const ZONE = 'Europe/Paris';
const windowOf = (text: string) => parseWindow(text) as Window;
const opening = (now: string, ...windows: string[]) =>
  new Date(nextOpening(windows.map(windowOf), Date.parse(now), ZONE)).toISOString();

describe('windows', () => {
  test.each(['22-06', '25:00-01:00', '24:00-01:00', 'foo 10:00-11:00', '10:00', 'mon- 10:00-11:00', 'mon 10:00-11:60'])(
    'what is no window is refused: "%s"',
    (text) => {
      expect(parseWindow(text)).toBeUndefined();
    },
  );

  test('one that is open is open now, also the one that began yesterday', () => {
    expect(opening('2026-11-23T22:30:00.000Z', '22:00-06:00')).toBe('2026-11-23T22:30:00.000Z');
    expect(opening('2026-11-24T04:59:59.000Z', '22:00-06:00')).toBe('2026-11-24T04:59:59.000Z');
  });

  test('one that is shut opens at its next beginning; the earliest of several counts', () => {
    expect(opening('2026-11-24T05:00:00Z', '22:00-06:00')).toBe('2026-11-24T21:00:00.000Z');
    expect(opening('2026-11-24T05:00:00Z', '22:00-06:00', '12:00-13:00')).toBe('2026-11-24T11:00:00.000Z');
  });

  test('weekdays are those of its beginning', () => {
    // 2026-11-27 is a Friday.
    expect(opening('2026-11-23T12:00:00Z', 'fri 22:00-06:00')).toBe('2026-11-27T21:00:00.000Z');
    expect(opening('2026-11-28T03:00:00Z', 'fri 22:00-06:00')).toBe('2026-11-28T03:00:00.000Z');
    expect(opening('2026-11-28T12:00:00Z', 'fri 22:00-06:00')).toBe('2026-12-04T21:00:00.000Z');
    expect(opening('2026-11-23T12:00:00Z', 'sat-sun 00:00-24:00')).toBe('2026-11-27T23:00:00.000Z');
  });

  test('hours that the clocks skip or repeat change nothing about the beginning', () => {
    // In Paris clocks go from 02:00 to 03:00 on 2027-03-28, and from 03:00 to 02:00 on 2026-10-25.
    expect(opening('2027-03-28T00:30:00Z', '03:00-04:00')).toBe('2027-03-28T01:00:00.000Z');
    expect(opening('2026-10-24T22:30:00Z', '02:30-03:30')).toBe('2026-10-25T00:30:00.000Z');
    expect(opening('2026-10-25T01:45:00Z', '02:30-03:30')).toBe('2026-10-25T01:45:00.000Z');
  });
});

describe('the gate', () => {
  const noon = Date.parse('2026-11-23T11:00Z');
  const night = Date.parse('2026-11-23T22:00Z');
  const gate = createGate(
    limitsConfig.parse({
      windows: [
        { kinds: ['raw'], open: ['22:00-06:00'] },
        { sources: ['roof'], open: ['12:30-13:30', '23:00-24:00'] },
      ],
    }),
    ZONE,
  );

  test('what fits no rule goes always, the others wait for their hours', () => {
    expect(gate.heldUntil({ source: 'garden', kind: 'jpg' }, false, noon)).toBeUndefined();
    expect(gate.heldUntil({ source: 'garden', kind: 'raw' }, false, noon)).toBe(Date.parse('2026-11-23T21:00Z'));
    expect(gate.heldUntil({ source: 'garden', kind: 'raw' }, false, night)).toBeUndefined();
  });

  test('what fits two rules needs both', () => {
    expect(gate.heldUntil({ source: 'roof', kind: 'jpg' }, false, noon)).toBe(Date.parse('2026-11-23T11:30Z'));
    expect(gate.heldUntil({ source: 'roof', kind: 'raw' }, false, noon)).toBe(Date.parse('2026-11-23T21:00Z'));
    expect(gate.heldUntil({ source: 'roof', kind: 'raw' }, false, night)).toBeUndefined();
  });

  test('one in so many of each source and kind goes at once, the rest in its hours', () => {
    const thinning = createGate(limitsConfig.parse({ thin: { oneIn: 3, rest: ['22:00-06:00'] } }), ZONE);
    const thinned = (source: string, kind: 'jpg' | 'raw') => thinning.thins({ source, kind });
    expect([1, 2, 3, 4, 5, 6, 7].map(() => thinned('garden', 'jpg'))).toEqual([
      false,
      true,
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(thinned('garden', 'raw')).toBe(false);
    expect(thinned('roof', 'jpg')).toBe(false);
    expect(thinning.heldUntil({ source: 'garden', kind: 'jpg' }, false, noon)).toBeUndefined();
    expect(thinning.heldUntil({ source: 'garden', kind: 'jpg' }, true, noon)).toBe(Date.parse('2026-11-23T21:00Z'));
    expect(thinning.heldUntil({ source: 'garden', kind: 'jpg' }, true, night)).toBeUndefined();
  });
});

test('limits that cannot be read are refused with what is allowed', () => {
  const faults = (value: unknown) =>
    limitsConfig
      .safeParse(value)
      .error?.issues.map(({ message }) => message)
      .join();
  expect(faults({ bandwidth: 'fast' })).toContain('--bwlimit');
  expect(faults({ monthly: '20' })).toContain('500M, 20G');
  expect(faults({ windows: [{ open: ['tonight'] }] })).toContain('22:00-06:00');
  expect(faults({ thin: { oneIn: 1, rest: ['22:00-06:00'] } })).toContain('>=2');
  expect(limitsConfig.parse({ monthly: '1.5G' }).monthly).toBe(1.5 * 1024 ** 3);
});
