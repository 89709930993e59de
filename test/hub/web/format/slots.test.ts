import { expect, it } from 'vitest';
import { slotsText } from '../../../../hub/web/src/format/slots.ts';

const none = { day: '20260303', delivered: 0, captured: 0, unreadable: 0, failed: 0, off: 0, excluded: 0 };

it('tells what became of the slots of a day, and leaves out what there is none of', () => {
  expect(slotsText({ ...none, delivered: 1280, captured: 4, failed: 3, off: 1 })).toBe(
    '1,280 delivered · 4 queued · 3 failed · 1 device off',
  );
  expect(slotsText({ ...none, unreadable: 2, excluded: 12 })).toBe('2 unreadable · 12 excluded');
  expect(slotsText(none)).toBe('none yet');
});
