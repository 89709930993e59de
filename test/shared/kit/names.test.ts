import { bytesOf, isAsRead, isUtf8, nameOf, printable, systemPath } from '@vigie/shared/kit/names';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('any bytes come back from their text, also through JSON', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const name = nameOf(Buffer.from(bytes));
      expect(bytesOf(JSON.parse(JSON.stringify(name)))).toEqual(Buffer.from(bytes));
    }),
  );
});

test('two names that differ have texts that differ, escapes included', () => {
  const escapePoint = Buffer.from(String.fromCodePoint(0x10fffd), 'utf8');
  expect(nameOf(escapePoint)).not.toBe(nameOf(Buffer.from([0xfd])));
  expect(bytesOf(nameOf(escapePoint))).toEqual(escapePoint);
});

test('ordinary names stay as they are', () => {
  expect(nameOf(Buffer.from('Forêt 日本 🐦.jpg'))).toBe('Forêt 日本 🐦.jpg');
  expect(isUtf8('Forêt.jpg')).toBe(true);
  expect(isUtf8(nameOf(Buffer.from([0x61, 0xff])))).toBe(false);
});

test('a name for a terminal has no control characters and shows its odd bytes', () => {
  expect(printable(nameOf(Buffer.from([0x61, 0x0a, 0x1b, 0xff])))).toBe('a\\x0a\\x1b\\xff');
});

test('a path for a call of Node is text where it can be; a name that Node could not read is told from one that it could', () => {
  const odd = Buffer.from([0x61, 0xff]);
  expect(systemPath('Forêt.jpg')).toBe('Forêt.jpg');
  expect(systemPath(nameOf(odd))).toEqual(odd);
  expect(['Forêt.jpg', odd.toString('utf8'), String.fromCodePoint(0x10fffd)].map(isAsRead)).toEqual([
    true,
    false,
    false,
  ]);
});
