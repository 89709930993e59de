import { chmod, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, syncFolder } from '@vigie/shared/kit/durable';

/** What root is to put where, and how: written as a tree of files and a script of plain commands that copies them. */
export type Installation = {
  /** In the order in which they are made. */
  folders: { path: string; owner: string; group: string; mode: string }[];
  files: InstalledFile[];
  /** Shell lines before and after the files. Each is printed, or run with --apply. */
  before: string[];
  after: string[];
};
export type InstalledFile = {
  path: string;
  text: string;
  owner: string;
  group: string;
  mode: string;
  /** What is there already stays. */
  keep?: boolean;
};

const SCRIPT = 'install.sh';

/** The script: idempotent; without `--apply` it prints what it would do, as the lines that do it. */
export function installScript({ folders, files, before, after }: Installation): string {
  const copy = ({ path, owner, group, mode, keep }: InstalledFile) => {
    const line = `install -o ${owner} -g ${group} -m ${mode} "$here"${quoted(path)} ${quoted(path)}`;
    return keep ? `test -e ${quoted(path)} || ${line}` : line;
  };
  const lines = [
    ...before,
    ...folders.map(({ path, owner, group, mode }) => `install -d -o ${owner} -g ${group} -m ${mode} ${quoted(path)}`),
    ...files.map(copy),
    ...after,
  ];
  return [
    '#!/bin/sh',
    '# Run by root. Without --apply nothing is done: the lines that would be run are printed.',
    'set -eu',
    'here=$(CDPATH="" cd -- "$(dirname -- "$0")" && pwd)',
    'export here',
    'apply=no',
    'if [ "$*" = --apply ]; then apply=yes; else printf "here=\'%s\'\\n" "$here"; fi',
    'do_line() {',
    '  if [ "$apply" = no ]; then printf \'%s\\n\' "$1"; return; fi',
    '  sh -euc "$1" || { printf \'failed: %s\\n\' "$1" >&2; exit 1; }',
    '}',
    ...lines.map((line) => `do_line ${quoted(line)}`),
    '',
  ].join('\n');
}

/** Writes tree and script into a folder; what is secret is readable by its owner alone, as all of it is. */
export async function writeInstallation(folder: string, installation: Installation): Promise<string> {
  for (const { path, text } of installation.files) {
    const file = join(folder, path);
    await makeFolder(dirname(file));
    await writeFile(file, text, { mode: 0o600 });
    await chmod(file, 0o600);
  }
  await makeFolder(folder);
  await chmod(folder, 0o700);
  const script = join(folder, SCRIPT);
  await writeFile(script, installScript(installation), { mode: 0o700 });
  await syncFolder(folder);
  return script;
}

/** A word that the shell takes as it is. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
