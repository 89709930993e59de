import { mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '@vigie/shared/kit/durable';
import { isSystemError, messageOf } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { stamp } from '@vigie/shared/kit/zone';

/** What one line says: which file was captured when, and what the sensors and the supply said at that time. */
export type SensorLine = {
  /** ms since 1970. */
  at: number;
  /** The name under which the file entered input. */
  file: string;
  sensors: { name: string; quantity: string; unit: string; value: number; at: number }[];
  /** Power flags, or null where the machine tells none. */
  power: string[] | null;
};

/** A source's JSON lines, a file a day: `FOLDER/YYYYMMDD.ndjson`, the day in the source's zone. */
export type SensorLines = {
  /** Resolves when the line is on disk. A line that a power cut tore is closed off by the next one. Never throws: what fails is logged. */
  add(line: SensorLine): Promise<void>;
};

/** Bytes of one day's file at most: a second's rate for a day, with a few sensors. */
const DAY_BYTES_MAX = 32 * 1024 * 1024;

export function createSensorLines(options: {
  folder: string;
  /** IANA zone. */
  zone: string;
  keepDays: number;
  log: Log;
}): SensorLines {
  const { folder, zone, keepDays, log } = options;
  let day: string | undefined;
  let full = false;
  let last: Promise<void> = Promise.resolve();

  async function write(line: SensorLine): Promise<void> {
    const its = stamp(line.at, zone).slice(0, 8);
    if (its !== day) {
      await mkdir(folder, { recursive: true });
      await removeOld(line.at);
      day = its;
      full = false;
    }
    if (full) return;
    const file = await open(join(folder, `${its}.ndjson`), 'a+');
    try {
      const { size } = await file.stat();
      const text = Buffer.from(`${(await endsTorn(file, size)) ? '\n' : ''}${JSON.stringify(line)}\n`);
      full = size + text.length > DAY_BYTES_MAX;
      if (full) log.warn({ folder, day: its }, `the day's sensor lines reach ${DAY_BYTES_MAX} bytes: no more are kept`);
      else {
        await file.appendFile(text);
        await file.datasync();
      }
      if (size === 0) await syncFolder(folder);
    } finally {
      await file.close();
    }
  }

  async function removeOld(now: number): Promise<void> {
    const oldest = stamp(now - keepDays * 86_400_000, zone).slice(0, 8);
    for (const name of await readdir(folder)) {
      if (/^\d{8}\.ndjson$/.test(name) && name.slice(0, 8) < oldest) await unlink(join(folder, name));
    }
  }

  return {
    add(line) {
      last = last.then(() =>
        write(line).catch((error: unknown) => {
          // Else every capture on a full disk would say so.
          const code = isSystemError(error, 'ENOSPC') ? 'ENOSPC' : undefined;
          log.warn({ folder, code }, `sensor values were not kept: ${messageOf(error)}`);
        }),
      );
      return last;
    },
  };
}

type Reader = { read(buffer: Buffer, offset: number, length: number, position: number): Promise<unknown> };

async function endsTorn(file: Reader, size: number): Promise<boolean> {
  if (size === 0) return false;
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, size - 1);
  return byte[0] !== 0x0a;
}
