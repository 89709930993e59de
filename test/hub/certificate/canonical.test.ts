import { canonicalJson, parseCanonical } from '@vigie/hub/certificate/canonical';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('keys are sorted and nothing is between them, as in the example of RFC 8785', () => {
  const names = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6', 'peach'];
  const sorted = ['\r', '1', 'peach', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'];
  const text = canonicalJson(Object.fromEntries(names.map((name) => [name, 'x'])));
  expect(text).toBe(`{${sorted.map((name) => `${JSON.stringify(name)}:"x"`).join(',')}}`);
  expect(canonicalJson({ b: [1, null, { d: true, c: '"\\\n' }], a: 0 })).toBe(
    '{"a":0,"b":[1,null,{"c":"\\"\\\\\\n","d":true}]}',
  );
});

test('the same value in other words is refused', () => {
  for (const text of [
    '{"b":1,"a":2}',
    '{ "a":1}',
    '{"a":1.0}',
    '{"a":1,"a":1}',
    '"\\u0041"',
    '1e2',
    '-0',
    '{"a":1} ',
    '',
  ])
    expect(parseCanonical(text)).toBeUndefined();
  expect(parseCanonical('{"a":[1,"A"]}')).toEqual({ a: [1, 'A'] });
  expect(parseCanonical('['.repeat(60_000) + ']'.repeat(60_000))).toBeUndefined();
});

test('what was written is read', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.oneof(fc.string(), fc.maxSafeNat(), fc.boolean())),
      (value) => {
        expect(parseCanonical(canonicalJson(value))).toEqual({ ...value });
      },
    ),
  );
});
