import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GIVEN_KEYS } from '@vigie/agent/watched-folder/folder-config';
import { PROFILES } from '@vigie/agent/watched-folder/profiles';
import { describe, expect, test } from 'vitest';
import { testedCodes } from './line.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;
const text = readFileSync(join(ROOT, 'docs/watched-folder.md'), 'utf8');

/** The rows of the table below a heading, as cells. */
function rows(heading: string): string[][] {
  const section = text.slice(text.indexOf(`\n## ${heading}\n`)).split('\n## ')[1] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What a default is called in the document: `2s`, `%Y%M%D/`, `true`, `null`. */
function written(key: string, value: unknown): string {
  const isDuration = ['waitTime', 'settleTime', 'interval', 'timeLimit'].includes(key);
  if (!isDuration) return `\`${String(value)}\``;
  const ms = value as number;
  return ms % 60_000 === 0 && ms > 0 ? `\`${ms / 60_000}m\`` : `\`${ms / 1000}s\``;
}

export function documentLines(): void {
  describe('docs/watched-folder.md', () => {
    test('has every setting, with its default in both profiles', () => {
      const table = new Map(rows('Settings').map(([key, ...cells]) => [(key as string).replaceAll('`', ''), cells]));
      expect([...table.keys()].sort()).toEqual([...GIVEN_KEYS].sort());
      const told = ['include', 'exclude', 'inputs', 'purge'];
      for (const [profile, column] of [
        ['camera', 0],
        ['aem', 1],
      ] as const) {
        for (const [key, value] of Object.entries(PROFILES[profile])) {
          if (told.includes(key)) continue;
          expect(table.get(key)?.[column], `${key} in ${profile}`).toBe(written(key, value));
        }
      }
    });

    test.each(['What becomes of a file', 'What a crash leaves'])(
      'names an existing test in each row of "%s"',
      (heading) => {
        const cells = rows(heading).map((row) => row.at(-1) as string);
        expect(cells.length).toBeGreaterThan(8);
        for (const cell of cells) {
          const [, file, name] = /^`([\w/.-]+\.test\.ts)`: _(.+)_$/.exec(cell) ?? [];
          expect(file, cell).toBeDefined();
          const path = join(ROOT, 'test', file as string);
          expect(existsSync(path), path).toBe(true);
          if (file === 'watched-folder/spec.test.ts') expect(testedCodes()).toContain(name);
          else expect(readFileSync(path, 'utf8'), cell).toContain(name);
        }
      },
    );
  });
}
