import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { VigieError } from './errors.ts';

/** A configuration that cannot be used. Its message has one line a fault: file, line, key, what is allowed. */
export class ConfigError extends VigieError {
  constructor(message: string, cause?: unknown) {
    super('config', message, { cause });
    this.name = 'ConfigError';
  }
}

/**
 * Reads a YAML file once and parses it by a schema. Unknown keys, wrong types and wrong values are all told in one go,
 * each as `FILE:LINE: KEY: what is wrong and what is allowed`.
 */
export function readConfig<T>(file: string, schema: z.ZodType<T>): T {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`read configuration ${JSON.stringify(file)}: ${(error as Error).message}`, error);
  }
  return parseConfig(file, text, schema);
}

/** As `readConfig`, of a text that is at hand; `file` is its name in messages. */
export function parseConfig<T>(file: string, text: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const syntax = document.errors.map((e) => `${file}:${lines.linePos(e.pos[0]).line}: ${e.message}`);
  if (syntax.length > 0) throw new ConfigError(syntax.join('\n'));

  const parsed = schema.safeParse(document.toJS() ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return keys.map((path) => {
      const at = lines.linePos(offsetOf(document.contents, path) ?? 0).line;
      const what = issue.code === 'unrecognized_keys' ? 'no such key is allowed here' : issue.message;
      return `${file}:${at}: ${path.map(String).join('.') || '(whole file)'}: ${what}`;
    });
  });
  throw new ConfigError(faults.join('\n'));
}

/** The place in the text of the deepest part of a path that exists. */
function offsetOf(root: Node | null, path: PropertyKey[]): number | undefined {
  let node: Node | null = root;
  let offset = root?.range?.[0];
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = (pair.value as Node | null) ?? null;
    } else if (isSeq(node)) {
      const item = node.items[Number(key)] as Node | undefined;
      if (!item) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return offset;
}

/** Configuration keys that name files and folders. A relative one is meant from the folder of the file it stands in. */
const PATH_KEYS = new Set([
  'dataFolder',
  'boardFile',
  'accountsFile',
  'passwordFile',
  'identityFile',
  'knownHosts',
  'caFile',
  'tuningFile',
  'path',
  'file',
]);

/** The same configuration with absolute paths. A directory destination's `root` is a local path too, an SFTP one's is not. */
export function withAbsolutePaths<T>(config: T, folder: string): T {
  if (Array.isArray(config)) return config.map((item) => withAbsolutePaths(item, folder)) as T;
  if (config === null || typeof config !== 'object') return config;
  const isDirectory = (config as { type?: unknown }).type === 'directory';
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      const isPath = PATH_KEYS.has(key) || (key === 'root' && isDirectory);
      return [key, isPath && typeof value === 'string' ? resolve(folder, value) : withAbsolutePaths(value, folder)];
    }),
  ) as T;
}
