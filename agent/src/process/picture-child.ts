import { writeFileSync } from 'node:fs';
import { drawTestPicture } from '@vigie/hardware/camera/test-picture-drawing';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { PictureOutcome } from './picture-job.ts';
import type { FromPictureProcess, PictureOrder, ToldError, ToPictureProcess } from './picture-orders.ts';
import { createPipeline } from './pipeline.ts';

/**
 * The picture process: it alone loads libvips, and carries out the orders that come over its IPC channel, as many at once as come.
 * It ends when the channel closes, also when the agent was killed: nobody waits for its work any more.
 */
export function pictureMain(): void {
  if (!process.send) {
    process.stderr.write('the picture process is started by the agent, with an IPC channel\n');
    process.exit(2);
  }
  const running = new Map<number, AbortController>();
  // A terminal and a service's stop tell the whole group: what is under way ends when the agent says so.
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => undefined);
  process.on('disconnect', () => {
    // An ordinary exit would wait for the decoder.
    if (running.size > 0) process.kill(process.pid, 'SIGKILL');
    process.exit(0);
  });
  process.on('message', (message: ToPictureProcess) => {
    if ('abort' in message) {
      running.get(message.abort)?.abort();
      return;
    }
    const { id, order } = message;
    const abort = new AbortController();
    running.set(id, abort);
    void carryOut(order, abort.signal)
      .then(
        (outcome): FromPictureProcess => ({ id, outcome }),
        (error: unknown): FromPictureProcess => ({ id, error: told(error) }),
      )
      .then((answer) => {
        running.delete(id);
        say(answer);
      });
  });
  beFirstToGo();
  say({ ready: true });
}

async function carryOut(order: PictureOrder, signal: AbortSignal): Promise<PictureOutcome | null> {
  if (order.do === 'process') return createPipeline({ steps: order.steps })(order.job, signal);
  await drawTestPicture(order.picture, signal);
  return null;
}

function told(error: unknown): ToldError {
  const { retryable = false, hint } = error instanceof VigieError ? error : {};
  return { code: codeOf(error), message: messageOf(error), retryable, hint };
}

/** When memory runs out the kernel takes this process before the agent. Source: proc_pid_oom_score_adj(5). */
function beFirstToGo(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch (error) {
    process.stderr.write(`the kernel's choice stays as it is: ${messageOf(error)}\n`);
  }
}

function say(message: FromPictureProcess): void {
  // Where it cannot be told any more the channel has closed, and this process ends.
  process.send?.(message, undefined, undefined, () => undefined);
}

if (import.meta.main) pictureMain();
