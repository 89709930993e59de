import { printable } from '@vigie/shared/kit/names';
import type { Disk } from './disk.ts';

/** The name of the log in each folder of the failure tree; no failed file is given it. */
export const FAILURE_LOG = 'failure.log';

/**
 * Adds a line to a folder's log: time, job, name and reason, between tabs, with control characters escaped.
 *
 * @param repeated the job may have written its line before a crash: then it is not written again
 */
export async function logFailure(
  disk: Disk,
  folder: string,
  entry: { at: number; jobId: string; name: string; reason: string },
  repeated: boolean,
): Promise<void> {
  const path = `${folder}/${FAILURE_LOG}`;
  const { at, jobId, name, reason } = entry;
  await disk.makeFolder(folder);
  if (repeated && (await disk.tail(path, TAIL_BYTES)).includes(`\t${jobId}\t`)) return;
  await disk.appendLine(path, `${new Date(at).toISOString()}\t${jobId}\t${printable(name)}\t${printable(reason)}`);
}

const TAIL_BYTES = 256 * 1024;
