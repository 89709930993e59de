import { describe, expect, test } from 'vitest';
import { catches, environment, erasable, leftForLater, machinePaths, tests, time } from './tidy/code.ts';
import { deletion } from './tidy/deletion.ts';
import { decisions, dependencies, links } from './tidy/documents.ts';
import { layers, siblings } from './tidy/layers.ts';
import { barrels, LINES_MAX, length, names, topLevel } from './tidy/names.ts';
import { type ProjectFile, projectFiles, type Rule } from './tidy/project.ts';

const files = projectFiles();
const file = (path: string, text = ''): ProjectFile => ({ path, text });

/** Each house rule, with files that break it: a rule that never fires proves nothing. */
const RULES: Record<string, [rule: Rule, ...broken: ProjectFile[]]> = {
  'only known names lie at the top level': [topLevel, file('lib/a.ts')],
  'names say something': [
    names,
    file('agent/src/utils.ts'),
    file('hub/src/helpers/a.ts'),
    file('hub/src/user-info.ts'),
  ],
  'there are no barrels': [barrels, file('hub/src/index.ts'), file('hub/src/all.ts', "export * from './a.ts';\n")],
  'files are short': [length, file('hub/src/long.ts', 'a\n'.repeat(LINES_MAX + 1))],
  'layers import downwards': [
    layers,
    file('shared/src/kit/a.ts', "import { x } from '../protocol/b.ts';"),
    file('agent/src/a.ts', "import type { x } from '@vigie/hub/config';"),
    file('hub/web/src/a.ts', "import { x } from '@vigie/hub/http/schema';"),
    file('hub/src/a.ts', "const a = await import('../../test/support/temp.ts');"),
  ],
  'siblings meet in the root': [
    siblings,
    file('agent/src/deliver/a.ts', "import {\n  x,\n} from '../capture/b.ts';"),
    file('hub/src/report/a.ts', "export { x } from '../fleet/b.ts';"),
  ],
  'TypeScript is erasable': [
    erasable,
    file('hub/src/a.ts', 'export enum A {}'),
    file('hub/src/b.ts', 'namespace B {}'),
    file('hub/src/c.ts', `constructor(\n  ${'readonly'} a: string,\n) {}`),
  ],
  'the environment is read in one place': [environment, file('hub/src/hub.ts', 'const a = process.env.A;')],
  'time and randomness are passed in': [
    time,
    file('agent/src/a.ts', 'const now = Date.now();'),
    file('agent/src/b.ts', 'const dice = Math.random();'),
    file('agent/src/c.ts', 'const now = new Date();'),
  ],
  'no error is swallowed': [
    catches,
    file('hub/src/a.ts', 'try { a(); } catch {\n}'),
    file('hub/src/b.ts', `await a().catch(() => ${'undefined'});`),
  ],
  'kept files are deleted in one place': [
    deletion,
    file('agent/src/deliver/a.ts', 'await unlink(path);'),
    file('agent/src/watched-folder/b.ts', 'await disk.remove(kept);'),
  ],
  'nothing is left for later': [leftForLater, file('docs/a.md', `${'TO'}${'DO'}: write`)],
  'every test runs, on real parts': [
    tests,
    file('test/a.test.ts', `test.${'skip'}('a', b);`),
    file('test/b.test.ts', `describe.${'only'}('a', b);`),
    file('test/c.test.ts', `vi.${'mock'}('a');`),
  ],
  'no path belongs to one machine': [machinePaths, file('README.md', `see ${'/home'}/somebody/a`)],
  'dependencies are pinned': [dependencies, file('hub/package.json', '{"dependencies":{"a":"^1.0.0"}}')],
  'links lead somewhere': [links, file('README.md', '[a](docs/nowhere.md)')],
  'decisions are numbered': [decisions, file('docs/decisions/0002-a.md', '# 0002: a')],
};

describe.each(Object.entries(RULES))('%s', (_, [rule, ...broken]) => {
  test('in this project', () => {
    expect(rule(files)).toEqual([]);
  });
  test.each(broken)('and $path shows that the rule fires', (example) => {
    expect(rule([example])).toHaveLength(1);
  });
});
