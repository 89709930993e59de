import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const ROOT = dirname(dirname(import.meta.dirname));

/** One file of the project; `path` is relative to its root. */
export type ProjectFile = { path: string; text: string };

/** A rule looks at every file and says, one line a fault, which file, what is wrong and what to do instead. */
export type Rule = (files: ProjectFile[]) => string[];

const LEFT_OUT = new Set(['node_modules', '.git', '.vigie', '.cache', 'dist', 'drizzle', 'screenshots']);
const TEXT = /\.(ts|tsx|mjs|cjs|js|json|css|html|md|yaml|yml|sh)$|^[^.]+$/;

/** Every text file that people write, in order. */
export function projectFiles(folder = ''): ProjectFile[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !LEFT_OUT.has(entry.name) && entry.name !== 'pnpm-lock.yaml')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): ProjectFile[] => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return projectFiles(path);
      return entry.isFile() && TEXT.test(entry.name) ? [{ path, text: readFileSync(join(ROOT, path), 'utf8') }] : [];
    });
}

export const isCode = ({ path }: ProjectFile): boolean => /\.(ts|tsx|mjs|cjs|js)$/.test(path);

/** Code that runs in the field, in contrast to scripts, tests and the dashboard. */
export const isProgram = (file: ProjectFile): boolean =>
  isCode(file) && /^(agent|hub|shared|hardware)\/src\//.test(file.path);

/** The lines of a file's code with their numbers; lines that are comment alone are left out. */
export function codeLines({ text }: ProjectFile): { number: number; line: string }[] {
  return text
    .split('\n')
    .map((line, index) => ({ number: index + 1, line }))
    .filter(({ line }) => !/^\s*(\/\/|\/\*|\*)/.test(line));
}

/** A rule that a pattern breaks, on single lines of code. */
export function linesMustNot(pattern: RegExp, where: (file: ProjectFile) => boolean, instead: string): Rule {
  return (files) =>
    files.filter(where).flatMap((file) =>
      codeLines(file)
        .filter(({ line }) => pattern.test(line))
        .map(({ number, line }) => `${file.path}:${number}: "${line.trim().slice(0, 80)}": ${instead}`),
    );
}
