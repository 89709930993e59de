import { VigieError } from '@vigie/shared/kit/errors';
import type { PictureOperation } from '../process/picture-job.ts';
import type { Purges } from '../store/purges.ts';
import type { Allowed } from './ladder.ts';

/**
 * An operation that makes files, held by the disk-full ladder: where nothing may be made it fails for now, and the picture waits in
 * stage. What was made of which original is noted before the made file is filed: that makes it a derivative.
 */
export function withRoom(
  operation: PictureOperation,
  options: { mayProcess: () => Allowed; madeOf: Purges['madeOf'] },
): PictureOperation {
  return async (job, signal) => {
    const allowed = options.mayProcess();
    if (!allowed.ok) {
      throw new VigieError('disk-full', `process ${JSON.stringify(job.name)}: ${allowed.reason}`, {
        retryable: true,
        hint: 'It waits in stage. Free space, or let a destination prove what is held: docs/disk.md says what goes when.',
      });
    }
    const outcome = await operation(job, signal);
    const { original, result } = outcome;
    if (outcome.sound.ok && result.sha256 !== original.sha256) options.madeOf(job.source, result, original);
    return outcome;
  };
}
