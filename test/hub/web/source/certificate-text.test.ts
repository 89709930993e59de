import { expect, test } from 'vitest';
import type { Certificate } from '../../../../hub/web/src/api/documents.ts';
import { certificateText } from '../../../../hub/web/src/source/certificate-text.ts';

const report = { id: 'r', createdAt: '', completedAt: '', proof: 'digest' as const };
const of = (destinations: Certificate['destinations'], remarks = 0, slots: Certificate['slots'] = 'none') =>
  certificateText({
    leaves: { count: 1440, bytes: 0, root: '' },
    remarks: { count: remarks, root: '' },
    destinations,
    slots,
  } as Certificate);

test('a certificate in a line: what each destination was found to hold', () => {
  const proved = { count: 1440, bytes: 0 };
  expect(of([{ name: 'archive', report, proved }])).toBe('1,440 assets · archive: all by digest');
  expect(of([{ name: 'archive', report, proved: { count: 1438, bytes: 0 } }], 2)).toBe(
    '1,440 assets · archive: 1,438 of 1,440 by digest · 2 remarks',
  );
  expect(of([{ name: 'archive', report: null, proved: { count: 0, bytes: 0 } }])).toBe(
    '1,440 assets · archive: not looked at yet',
  );
  const some = { expected: 1440, taken: 1430, failed: 6, off: 4, excluded: 0 };
  expect(of([], 0, some)).toBe('1,440 assets · 10 slots of 1,440 without a picture');
  expect(of([], 0, 'unknown')).toBe('1,440 assets · slots unknown');
});
