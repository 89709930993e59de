import { examine, exitCodeOf } from '@vigie/agent/doctor/examine';
import { type Check, mend, ok, unknown, word } from '@vigie/agent/doctor/finding';
import { asJson, asLines, asTable } from '@vigie/agent/doctor/findings-text';
import { systemClock as clock } from '@vigie/shared/kit/clock';
import { VigieError } from '@vigie/shared/kit/errors';
import { expect, test } from 'vitest';

const check = (area: Check['area'], look: Check['look'], limitMs?: number): Check => ({
  area,
  subject: 'garden',
  limitMs,
  look,
});

test('a check that hangs or fails is a finding, and the others are made', async () => {
  const begin = performance.now();
  const found = await examine(
    [
      check('ledger', async () => [ok('ledger', 'whole')]),
      check('disk', () => new Promise(() => undefined)),
      check('clock', async () => {
        throw new VigieError('x', 'look at the clock: it is gone', { hint: 'Buy one.' });
      }),
      check('camera', async () => [mend('camera-absent', 'away', 'Plug it in.')]),
    ],
    { limitMs: 300, clock },
  );
  expect(performance.now() - begin).toBeLessThan(3_000);
  expect(found.map(({ area, code }) => `${area} ${code}`)).toEqual([
    'camera camera-absent',
    'clock check-failed',
    'disk check-timeout',
    'ledger ledger',
  ]);
  expect(found[1]).toMatchObject({ message: 'look at the clock: it is gone', fix: 'Buy one.' });
});

test('each check is told to end, and may have a limit of its own', async () => {
  const told: string[] = [];
  const listen = (name: string) => (signal: AbortSignal) =>
    new Promise<never>(() => signal.addEventListener('abort', () => told.push(name)));
  const begin = performance.now();
  await examine([check('disk', listen('short')), check('ledger', listen('long'), 600)], { limitMs: 50, clock });
  expect(performance.now() - begin).toBeGreaterThanOrEqual(590);
  expect(told).toEqual(['short', 'long']);
});

const found = await examine(
  [
    check('disk', async () => [ok('disk-room', 'there is room')]),
    check('power', async () => [unknown('power-unseen', 'nobody tells')]),
    check('camera', async () => [mend('camera-held', 'held by\nsomebody\x1b[2J', 'kill 1')]),
  ],
  { limitMs: 1_000, clock },
);

test('exit code: 0 all is well, 1 something to mend; what cannot be told is neither', () => {
  expect(exitCodeOf(found)).toBe(1);
  expect(exitCodeOf(found.filter(({ state }) => state !== 'mend'))).toBe(0);
});

test('in a pipe: a line a finding, fields between tabs, no control characters of others', () => {
  expect(asLines(found).split('\n')).toEqual([
    'mend\tcamera\tgarden\tcamera-held\theld by somebody\\x1b[2J\tkill 1',
    'unknown\tpower\tgarden\tpower-unseen\tnobody tells\t',
    'ok\tdisk\tgarden\tdisk-room\tthere is room\t',
    '',
  ]);
});

test('on a terminal: a table that fits, with each fix on a line of its own and a sum at the end', () => {
  const table = asTable(found, 60);
  expect(table).toContain('fix:\x1b[0m kill 1\n');
  expect(table.endsWith('1 to mend, 1 could not be told here\n')).toBe(true);
  expect(table).not.toContain('\x1b[2J');
});

test('as JSON: stable keys, whatever was found', () => {
  const { well, findings } = JSON.parse(asJson(found));
  expect(well).toBe(false);
  expect(findings).toHaveLength(3);
  for (const finding of findings) {
    expect(Object.keys(finding)).toEqual(['area', 'subject', 'code', 'state', 'message', 'fix']);
    expect(finding.fix === null).toBe(finding.state !== 'mend');
  }
});

test('a name with a quote or a space stays one word of a command line', () => {
  expect(word('/data/pictures')).toBe('/data/pictures');
  expect(word("/data/it's mine; rm -rf x")).toBe("'/data/it'\\''s mine; rm -rf x'");
});
