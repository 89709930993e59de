import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { ROOT, type Rule } from './project.ts';

export const dependencies: Rule = (files) =>
  files
    .filter(({ path }) => /(^|\/)package\.json$/.test(path))
    .flatMap(({ path, text }) => {
      const json = JSON.parse(text) as Record<string, unknown>;
      const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'];
      return kinds.flatMap((kind) =>
        Object.entries((json[kind] ?? {}) as Record<string, string>)
          .filter(([, version]) => !/^(workspace:\*|\d+\.\d+\.\d+(-[\w.]+)?)$/.test(version))
          .map(([name, version]) => `${path}: ${name} "${version}"; pin one exact version`),
      );
    });

/** Links inside the project, from Markdown: each must lead to a file. */
export const links: Rule = (files) =>
  files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...text.replace(/```[\s\S]*?```/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
        .map((match) => (match[1] as string).split('#')[0] as string)
        .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(ROOT, posix.dirname(path), decodeURIComponent(target))))
        .map((target) => `${path}: links to "${target}", which is not there; mend the link or write the page`),
    );

/** Decision records are numbered without a gap, and their heading begins with the number. */
export const decisions: Rule = (files) =>
  files
    .filter(({ path }) => path.startsWith('docs/decisions/'))
    .flatMap(({ path, text }, index) => {
      const number = String(index + 1).padStart(4, '0');
      if (!path.startsWith(`docs/decisions/${number}-`))
        return [`${path}: the next record's name begins with "${number}-"`];
      return text.startsWith(`# ${number}: `)
        ? []
        : [`${path}: its first line must be "# ${number}: what was decided"`];
    });
