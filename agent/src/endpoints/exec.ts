import { mkdtemp, readdir } from 'node:fs/promises';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, VigieError } from '@vigie/shared/kit/errors';
import { bytesOf, isUtf8, nameOf, printable } from '@vigie/shared/kit/names';
import type { Operation, Outcome, ResultFile } from '../watched-folder/operation.ts';
import { documentsOf, originals } from './documents.ts';
import { type EndpointOperation, unsound } from './endpoint-operation.ts';
import { argumentsOf, variablesOf } from './exec-arguments.ts';
import type { OperationOf } from './operation-config.ts';
import { type ProgramEnd, programFault, runProgram } from './program.ts';

/**
 * Runs a program on each job. Exit code 0: the results are the files that it left in its work folder, or the originals where it left
 * none. Another code, or no end in time: the job goes to failure with the program's last words. Some codes mean: try again.
 */
export function createExec(
  config: OperationOf<'exec'>,
  /** The agent's own environment, of which the program gets what the configuration names. */
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): EndpointOperation {
  const kept: Record<string, string> = {};
  for (const name of config.environment.keep) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }

  const run: Operation = async (job, signal): Promise<Outcome> => {
    if (!isUtf8(job.file)) return unsound('the name is not valid UTF-8; a program takes names in UTF-8');
    // A folder of this attempt alone: a program that an earlier process left behind writes into none of ours.
    const folder = await mkdtemp(`${job.workFolder}/run-`);
    const told = argumentsOf(config.args, job, folder);
    if ('fault' in told) return unsound(told.fault);
    const set = variablesOf(config.environment.set, job, folder);
    if ('fault' in set) return unsound(set.fault);
    const end = await start(
      {
        program: config.program,
        args: told.args,
        folder,
        environment: { ...kept, ...set.variables },
        timeLimitMs: config.timeLimit,
        killAfterMs: config.killAfter,
      },
      signal,
    );
    signal.throwIfAborted();
    if (end.how !== 0 || end.overdue) return refused(end);
    const left = await resultsIn(folder);
    if ('fault' in left) return unsound(left.fault);
    return { sound: { ok: true }, results: left.files.length > 0 ? left.files : originals(documentsOf(job)) };
  };

  async function start(order: Parameters<typeof runProgram>[0], signal: AbortSignal): Promise<ProgramEnd> {
    try {
      return await runProgram(order, clock, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const tooLong = codeOf(error) === 'E2BIG';
      throw new VigieError('program', `run ${JSON.stringify(config.program)}: it could not be started`, {
        cause: error,
        retryable: !tooLong,
        hint: tooLong ? 'Its arguments are too long.' : 'Check that it is there and may be executed, and the memory.',
      });
    }
  }

  function refused({ how, lastWords, overdue }: ProgramEnd): Outcome {
    const program = JSON.stringify(config.program);
    const words = lastWords === '' ? '' : `: ${printable(lastWords)}`;
    if (overdue) return unsound(`${program} has not ended within ${config.timeLimit} ms and was stopped${words}`);
    const ended = `${program} ended with ${typeof how === 'number' ? `exit code ${how}` : how}${words}`;
    if (typeof how === 'number' && config.tryAgain.includes(how)) {
      throw new VigieError('program', `${ended}; this code means to try again`, { retryable: true });
    }
    return unsound(ended);
  }

  return {
    run,
    fault: () => programFault(config.program, config.environment.set.PATH ?? kept.PATH),
    async [Symbol.asyncDispose]() {
      // Its programs end with their jobs.
    },
  };
}

/** Every regular file below a folder, by its path there. Links and special files are refused: they could name anything. */
async function resultsIn(folder: string): Promise<{ files: ResultFile[] } | { fault: string }> {
  const files: ResultFile[] = [];
  const folders = [''];
  for (let below = folders.shift(); below !== undefined; below = folders.shift()) {
    const entries = await readdir(bytesOf(`${folder}/${below}`), { withFileTypes: true, encoding: 'buffer' });
    for (const entry of entries) {
      const name = `${below}${nameOf(entry.name)}`;
      if (entry.isDirectory()) folders.push(`${name}/`);
      else if (entry.isFile()) files.push({ file: `${folder}/${name}`, name });
      else return { fault: `the program left "${printable(name)}", which is a link or no regular file` };
    }
    if (files.length + folders.length > RESULTS_MAX)
      return { fault: `the program left more than ${RESULTS_MAX} files` };
  }
  return { files: files.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

const RESULTS_MAX = 10_000;
