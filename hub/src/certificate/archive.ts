import { createReadStream } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, makeFolder, writeNew } from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import type { SourceName } from '../store/inventories.ts';
import { parseCanonical } from './canonical.ts';
import { type Header, header } from './certificate.ts';

/** One certificate that is kept: the `number`th of its day. */
export type Kept = { day: string; number: number };

/** Certificates as files, `SITE/DEVICE/SOURCE/DAY.NUMBER.ndjson`. One that was written is never changed; a new one comes beside it. */
export type CertificateArchive = {
  /** All of a source, the newest day and the newest number first. */
  list(name: SourceName): Promise<Kept[]>;
  /** The newest one's number of a day, or 0. */
  newest(name: SourceName, day: string): Promise<number>;
  /** The first line of one. Throws `certificate` where it is none. */
  header(name: SourceName, kept: Kept): Promise<Header>;
  /** Keeps a further one of a day, durably; returns its number. */
  add(name: SourceName, day: string, bytes: Uint8Array): Promise<number>;
  /** The bytes of one; it is opened when they are asked for, and a system error is thrown where it is absent. */
  read(name: SourceName, kept: Kept): AsyncIterable<Uint8Array>;
};

const HEADER_BYTES_MAX = 64 * 1024;
const NUMBER_MAX = 9999;

export function openArchive(folder: string): CertificateArchive {
  const folderOf = ({ site, device, source }: SourceName) => join(folder, site, device, source);
  const fileOf = (name: SourceName, { day, number }: Kept) => join(folderOf(name), `${day}.${number}.ndjson`);

  async function list(name: SourceName): Promise<Kept[]> {
    const names = await readdir(folderOf(name)).catch((error: unknown) => {
      if (isSystemError(error, 'ENOENT')) return [];
      throw error;
    });
    return names
      .flatMap((file) => {
        const [, day, number] = /^(\d{8})\.(\d{1,4})\.ndjson$/.exec(file) ?? [];
        return day === undefined ? [] : [{ day, number: Number(number) }];
      })
      .sort((a, b) => (a.day === b.day ? b.number - a.number : a.day < b.day ? 1 : -1));
  }
  // Numbers are taken one after the other, so that the folder of many years need not be read.
  async function newest(name: SourceName, day: string): Promise<number> {
    let number = 0;
    while (await exists(fileOf(name, { day, number: number + 1 }))) number += 1;
    return number;
  }

  return {
    list,
    newest,
    async header(name, kept) {
      const file = fileOf(name, kept);
      await using handle = await open(file);
      const block = Buffer.alloc(HEADER_BYTES_MAX);
      const { bytesRead } = await handle.read(block, 0, block.length, 0);
      const end = block.subarray(0, bytesRead).indexOf('\n');
      const parsed = header.safeParse(end < 0 ? undefined : parseCanonical(block.toString('utf8', 0, end)));
      if (parsed.success) return parsed.data;
      throw new VigieError(
        'certificate',
        `read ${JSON.stringify(file)}: its first line is not the header of a certificate`,
      );
    },
    async add(name, day, bytes) {
      await makeFolder(folderOf(name));
      for (let number = (await newest(name, day)) + 1; number <= NUMBER_MAX; number++) {
        try {
          await writeNew(fileOf(name, { day, number }), bytes);
          return number;
        } catch (error) {
          if (!isSystemError(error, 'EEXIST')) throw error;
        }
      }
      throw new VigieError('limit', `keep a certificate of ${day}: it has ${NUMBER_MAX} already, no more are allowed`);
    },
    async *read(name, kept) {
      yield* createReadStream(fileOf(name, kept));
    },
  };
}
