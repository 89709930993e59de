import { isCode, isProgram, linesMustNot, type ProjectFile, type Rule } from './project.ts';

/** Written in two parts, so that these rules do not find themselves. */
const word = (...parts: string[]): string => parts.join('');

export const erasable: Rule = (files) => [
  ...linesMustNot(
    /^\s*(export\s+)?(declare\s+)?(const\s+)?enum\s+\w/,
    isCode,
    'an enum; use a union of literals or an array "as const"',
  )(files),
  ...linesMustNot(/^\s*(export\s+)?(declare\s+)?namespace\s+\w/, isCode, 'a namespace; use a file')(files),
  ...files
    .filter((file) => isCode(file) && /constructor\([^)]*\b(public|private|protected|readonly)\s/.test(file.text))
    .map(({ path }) => `${path}: a parameter property; declare the field and set it in the constructor`),
];

const readsEnvironment = (file: ProjectFile): boolean =>
  isProgram(file) && !/\/src\/config\.ts$/.test(file.path) && !/^hardware\/src\/camera\/gphoto2/.test(file.path);
export const environment = linesMustNot(
  /\bprocess\.env\b/,
  readsEnvironment,
  'the environment is read in config.ts alone; pass the value in',
);

const decides = (file: ProjectFile): boolean =>
  isProgram(file) && file.path !== 'shared/src/kit/clock.ts' && !/\/src\/(main\.ts|commands\/.*)$/.test(file.path);
export const time = linesMustNot(
  /\bMath\.random\(|\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
  decides,
  'time and randomness are passed in; take a Clock or a "random" as parameter',
);

const EMPTY_CATCH =
  /\bcatch\s*(\([^)]*\))?\s*\{\s*\}|\.catch\(\s*\(\w*\)\s*=>\s*(\{\s*\}|undefined|null|void 0)\s*,?\s*\)/g;

/** A promise whose failure is told elsewhere may be let go, where a comment on the line above says so. */
export const catches: Rule = (files) =>
  files.filter(isCode).flatMap(({ path, text }) =>
    [...text.matchAll(EMPTY_CATCH)].flatMap(({ index }) => {
      const before = text.slice(0, index).split('\n');
      if (/^\s*(\/\/|\*)/.test(before.at(-2) ?? '')) return [];
      return [
        `${path}:${before.length}: an empty catch; handle the error expected, throw the others, or say who tells it`,
      ];
    }),
  );

export const leftForLater: Rule = (files) => {
  const marks = new RegExp(`\\b(${['TO_DO', 'FIX_ME', 'X_XX', 'HA_CK'].map((m) => m.replace('_', '')).join('|')})\\b`);
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, i) =>
        marks.test(line) ? [`${path}:${i + 1}: left for later; do it now or file it as an issue`] : [],
      ),
  );
};

const isTest = ({ path }: ProjectFile): boolean => path.startsWith('test/');
export const tests: Rule = (files) => [
  ...linesMustNot(
    new RegExp(
      `\\b(describe|test|it|suite)(\\.\\w+)*\\.(${word('sk', 'ip')}|${word('on', 'ly')}|${word('to', 'do')})\\b|\\b${word('sk', 'ipIf')}\\b|\\b${word('run', 'If')}\\b`,
    ),
    isTest,
    'a test that is switched off or alone; a missing tool fails a test',
  )(files),
  ...linesMustNot(
    new RegExp(`\\bvi\\.(${word('mo', 'ck')}|${word('do', 'Mock')})\\(`),
    isTest,
    'a module mock; pass a small real implementation in',
  )(files),
];

export const machinePaths: Rule = (files) => {
  const pattern = new RegExp(`(^|[\\s'"\`(=:])/(${['home', 'root', 'work', 'Users'].join('|')})/`);
  return files
    .filter(({ path }) => path !== 'LICENSE')
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, i) =>
          pattern.test(line)
            ? [`${path}:${i + 1}: a path of one machine; make it relative, or take it as a setting`]
            : [],
        ),
    );
};
