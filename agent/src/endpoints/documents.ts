import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';
import { VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, printable } from '@vigie/shared/kit/names';
import type { Inputs, OperationJob, ResultFile } from '../watched-folder/operation.ts';

/** A file that an operation acts on: where it lies, and its name; in a folder job its path below the job's folder. */
export type Document = { file: string; name: string };

/** The documents that the input mapping gives this call; without a mapping all files of the job. */
export function documentsOf({ file, name, files, inputs }: OperationJob): Document[] {
  const mapped = mappedFiles(inputs);
  if (mapped.length > 0) return mapped.map((path) => ({ file: path, name: path === file ? name : below(path, file) }));
  return files.map((path) => (path === '' ? { file, name } : { file: `${file}/${path}`, name: path }));
}

/** The originals as results: they keep their names, and in a folder job their places. */
export const originals = (documents: readonly Document[]): ResultFile[] =>
  documents.map(({ file, name }) => ({ file, name }));

function mappedFiles(inputs: Inputs): string[] {
  const files = Object.values(inputs).flatMap((value) => {
    if (typeof value !== 'object') return [];
    if ('document' in value) return [value.document];
    if ('list' in value) return [...value.list];
    return 'map' in value ? Object.values(value.map) : [];
  });
  return [...new Set(files)];
}

const below = (path: string, folder: string): string =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path.slice(path.lastIndexOf('/') + 1);

export type DocumentFigures = { size: number; sha256: string; modifiedAt: number };

/** Reads a document once: its size, its SHA-256 as 64 hexadecimal digits, and its modification time in ms since 1970. */
export async function figuresOf(file: string, signal: AbortSignal): Promise<DocumentFigures> {
  const handle = await open(bytesOf(file), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new VigieError('not-a-file', `read "${printable(file)}": it is no regular file`);
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024, signal })) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { size, sha256: hash.digest('hex'), modifiedAt: Math.trunc(stat.mtimeMs) };
  } finally {
    await handle.close();
  }
}
