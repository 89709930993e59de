import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AREAS } from '@vigie/agent/doctor/finding';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/doctor.md'), 'utf8');
const folder = join(ROOT, 'agent/src/doctor');
const source = readdirSync(folder)
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');

test('docs/doctor.md names every code of a fault, and every area', () => {
  // Codes are literals in the first argument, also where one of two is chosen.
  const codes = [...source.matchAll(/\bmend\(\s*(?:\w+ \? )?'([\w-]+)'(?: : '([\w-]+)')?/g)].flatMap(([, one, two]) =>
    [one, two].filter((code) => code !== undefined),
  );
  expect(codes.length).toBeGreaterThan(40);
  expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  expect(AREAS.filter((area) => !page.includes(`| \`${area}\``))).toEqual([]);
});

test('it names no other code', () => {
  const rows = page
    .split('\n')
    .filter((line) => /^\| /.test(line))
    .slice(2);
  const named = rows.flatMap((row) =>
    [...(row.split('|')[2] ?? '').matchAll(/`([\w-]+)`/g)].map(([, code]) => code as string),
  );
  const areas: readonly string[] = AREAS;
  expect(
    named.filter((code) => !code.startsWith('camera-') && !areas.includes(code) && !source.includes(`'${code}'`)),
  ).toEqual([]);
});
