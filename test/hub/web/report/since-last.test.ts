import { expect, it } from 'vitest';
import { changeText, rowsOf } from '../../../../hub/web/src/report/since-last.ts';

const NONE = { missing: 0, extra: 0, differing: 0, corrupt: 0, unreadable: 0 };
const since = (part: object) => ({
  ...{ id: 'r0', completedAt: '2026-03-02T12:00:05.000Z', appeared: NONE, gone: NONE, stayed: NONE },
  ...part,
});

it('says in one line what has changed', () => {
  const change = since({ appeared: { ...NONE, missing: 1200, extra: 1 }, gone: { ...NONE, missing: 2, corrupt: 3 } });
  expect(changeText(change)).toBe('1,200 newly missing, 1 newly extra, 2 no longer missing, 3 no longer corrupt');
});

it('tells "as before" from "nothing then, nothing now"', () => {
  expect(changeText(since({ stayed: { ...NONE, extra: 3 } }))).toBe('Nothing has changed: the same 3 files as before');
  expect(changeText(since({}))).toBe('Nothing was unmatched then, and nothing is now');
});

it('shows the classes that either report names', () => {
  const rows = rowsOf(since({ gone: { ...NONE, corrupt: 1 }, stayed: { ...NONE, missing: 2 } }));
  expect(rows).toEqual([
    { name: 'missing', appeared: 0, stayed: 2, gone: 0 },
    { name: 'corrupt', appeared: 0, stayed: 0, gone: 1 },
  ]);
});
