import { basename } from 'node:path';
import { isCode, type Rule } from './project.ts';

const TOP_LEVEL = new Set([
  '.ci',
  '.gitignore',
  '.oxlintrc.json',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'GLOSSARY.md',
  'LICENSE',
  'README.md',
  'agent',
  'biome.json',
  'docs',
  'hardware',
  'hub',
  'package.json',
  'pnpm-workspace.yaml',
  'scripts',
  'shared',
  'test',
  'tsconfig.base.json',
  'tsconfig.json',
  'vitest.config.ts',
]);

export const topLevel: Rule = (files) => {
  const names = new Set(files.map(({ path }) => path.split('/')[0] as string));
  return [...names]
    .filter((name) => !TOP_LEVEL.has(name))
    .map((name) => `${name}: has no place at the top level; put it into one of the folders of ARCHITECTURE.md`);
};

const SAY_NOTHING = /^(utils?|helpers?|misc|common|managers?|service|info|data|stuff|types)$/;

/** The whole name, or the last word of it, must say what the thing is. */
export const names: Rule = (files) => {
  const parts = new Set(files.filter(isCode).flatMap(({ path }) => prefixes(path)));
  return [...parts].flatMap((path) => {
    const stem = basename(path).replace(/(\.test|\.bench|\.config|\.d)?\.(tsx?|[mc]?js)$/, '');
    const word = stem.split('-').at(-1) as string;
    if (!SAY_NOTHING.test(word)) return [];
    return [`${path}: "${word}" says nothing; name it after the concept it holds, with a word of GLOSSARY.md`];
  });
};

export const barrels: Rule = (files) =>
  files.filter(isCode).flatMap(({ path, text }) => {
    const instead = 'is a barrel; import each thing from the file that defines it';
    if (/(^|\/)index\.[mc]?[tj]sx?$/.test(path)) return [`${path}: ${instead}`];
    const statements = text
      .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      .split(';')
      .map((statement) => statement.trim())
      .filter((statement) => statement !== '');
    const onlyPassesOn = statements.length > 0 && statements.every((s) => /^export\s[^=]*\sfrom\s/.test(s));
    return onlyPassesOn ? [`${path}: ${instead}`] : [];
  });

export const LINES_MAX = 400;
export const length: Rule = (files) =>
  files.filter(isCode).flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    return lines > LINES_MAX ? [`${path}: has ${lines} lines; split it: one concept a file, at most ${LINES_MAX}`] : [];
  });

const prefixes = (path: string): string[] => path.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'));
