import { scheduleConfig } from '@vigie/agent/capture/schedule-config';
import { windowsText } from '@vigie/agent/capture/schedule-text';
import { sourceState } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';

const textOf = (...windows: object[]) => windowsText(scheduleConfig.parse({ windows }).windows);

test.each([
  [{ every: '5m', from: '06:00', to: '20:00' }, 'every 5 min, 06:00–20:00'],
  [{ every: '1h' }, 'every 1 h'],
  [{ every: '1.5s', from: '22:30:10', to: '24:00' }, 'every 1 s 500 ms, 22:30:10–24:00'],
  [{ every: '90m', from: 'dawn' }, 'every 1 h 30 min, from dawn'],
  [{ every: '10m', from: 'sunrise-30m', to: 'sunset+1h' }, 'every 10 min, sunrise -30 min to sunset +1 h'],
  [{ every: '30s', days: 'mon-fri', to: '18:00' }, 'every 30 s, until 18:00, Mon–Fri'],
  [{ every: '30s', days: 'sat, sun, wed' }, 'every 30 s, Wed, Sat, Sun'],
  [{ every: '30s', days: 'sun-sat' }, 'every 30 s'],
  [{ cron: '0 12 * * *' }, 'cron 0 12 * * *'],
])('a window in words: %o', (window, text) => {
  expect(textOf(window)).toBe(text);
});

test('two windows are told, more are counted', () => {
  const [day, night] = [
    { every: '10m', from: 'sunrise', to: 'sunset' },
    { every: '1h', from: '22:00', to: '05:00' },
  ];
  expect(textOf(day, night)).toBe('every 10 min, sunrise to sunset; every 1 h, 22:00–05:00');
  expect(textOf(day, night, night, night)).toBe('every 10 min, sunrise to sunset; every 1 h, 22:00–05:00; 2 more');
});

test('the text never outgrows the state that tells it', () => {
  const long = { cron: `${Array.from({ length: 60 }, (_, n) => n).join(',')} 6 * * *` };
  const wide = { every: '10m', from: 'sunrise-719m', to: 'sunset+719m', days: 'mon, wed, fri' };
  for (const windows of [[long], [wide, wide, wide], [wide, long], Array(64).fill(long)]) {
    const text = textOf(...windows);
    expect(sourceState.shape.schedule.parse(text)).toBe(text);
  }
  expect(textOf(wide, wide, wide)).toMatch(/Fri; 2 more$/);
});
