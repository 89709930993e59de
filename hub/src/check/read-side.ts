import { type Stats, statSync } from 'node:fs';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Entry } from '@vigie/shared/protocol/asset';
import { UsageError } from '../commands/usage.ts';
import { isNarrowed, mayHold, reportFilter } from '../report/filter.ts';
import { filteredSink, type SideSink } from '../report/side-sink.ts';
import { isInventoryName, readInventory } from './inventory-file.ts';
import type { SideOptions } from './options.ts';
import type { Progress } from './progress.ts';
import { readDirectory } from './read-directory.ts';
import { readSftp } from './read-sftp.ts';
import { SIDES_ALLOWED, type Side } from './side.ts';

/**
 * Reads one side whole, and tells what the filter lets through. It throws when anything of it could not be read, and the message names the side, and the folder
 * or line: UsageError where the side can be no side at all, else an error of the side.
 */
export async function readSide(
  side: Side,
  options: SideOptions,
  progress: Progress,
  sink: SideSink,
  signal: AbortSignal,
): Promise<void> {
  const wanted = reportFilter(options.filter);
  const passed = isNarrowed(options.filter) ? filteredSink(sink, wanted) : sink;
  const counted: SideSink = {
    entry(entry) {
      progress.entries += 1;
      passed.entry(entry);
    },
    file(folder, name, size, modifiedAt, sha256) {
      progress.entries += 1;
      passed.file(folder, name, size, modifiedAt, sha256);
    },
  };
  try {
    await readAs(side, options, progress, counted, wanted, signal);
  } catch (error) {
    throw faultOf(side, progress, error);
  }
}

/** What went wrong with a side, with the side's name. */
export function faultOf(side: Side, progress: Progress, error: unknown): unknown {
  if (error instanceof UsageError) return error;
  const name = `read ${progress.name} ${JSON.stringify(side.text)}`;
  const { code, hint, retryable } =
    error instanceof VigieError ? error : { code: 'side', hint: undefined, retryable: false };
  return new VigieError(code, `${name}: ${messageOf(error)}`, { cause: error, retryable, ...(hint && { hint }) });
}

async function readAs(
  side: Side,
  options: SideOptions,
  progress: Progress,
  sink: SideSink,
  wanted: (entry: Entry) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { digest, filter } = options;
  const onFolder = () => {
    progress.folders += 1;
  };
  if (side.type === 'sftp') {
    await readSftp(side, options, sink, onFolder, signal);
    return;
  }
  const stat = statOf(side.path);
  if (stat.isDirectory()) {
    const wantedFolder = (name: string) => mayHold(name, filter);
    await readDirectory(side.path, sink, { digest, wanted, wantedFolder, onFolder, signal });
  } else if (stat.isFile() && isInventoryName(side.path)) {
    await readInventory(side.path, sink, signal);
  } else {
    throw new UsageError(`${progress.name} ${JSON.stringify(side.text)}: it is none: allowed is ${SIDES_ALLOWED}`);
  }
}

function statOf(path: string): Stats {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined) return stat;
  throw new VigieError('root-absent', 'there is nothing of this name', {
    hint: 'An absent disk is not an empty one: mount it, or mend the name.',
  });
}
