import type { ClientChannel } from 'ssh2';
import type { Clock } from '../kit/clock.ts';
import { messageOf, VigieError } from '../kit/errors.ts';
import { stalled } from './sftp-errors.ts';

/** A shell of the account that stays: its start, with all that the account's own files do then, comes once and not for each command. */
export type Shell = {
  /**
   * Runs a command that reads nothing from the shell's own input; its exit code and what it prints. One at a time, the others wait.
   * `refused` where the shell has ended, `stalled` where the command has not after `limitMs`: the shell is closed then.
   */
  run(command: string, limitMs: number): Promise<{ code: number; output: string }>;
  /** Is it of no use any more? */
  readonly ended: boolean;
  close(): void;
};

const OUTPUT_CHARACTERS_MAX = 4096;

export function shellOn(stream: ClientChannel, { address, clock }: { address: string; clock: Clock }): Shell {
  let ended = false;
  let output = '';
  let waiting: { heard: () => void; fail: (error: unknown) => void } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;

  function end(why: unknown): void {
    if (ended) return;
    ended = true;
    stream.close();
    const reason = new VigieError('refused', `run a command at ${address}: ${messageOf(why)}`, { cause: why });
    waiting?.fail(reason);
  }
  stream.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    waiting?.heard();
    if (output.length > OUTPUT_CHARACTERS_MAX) end(new Error('it prints more than it should'));
  });
  stream.stderr.resume();
  stream.on('error', end);
  stream.on('close', () => end(new Error('the shell has ended')));

  async function runNow(command: string, limitMs: number): Promise<{ code: number; output: string }> {
    if (ended) throw new VigieError('refused', `run a command at ${address}: the shell has ended`);
    count += 1;
    output = '';
    // With its number, so that nothing that comes late passes for another's answer.
    const mark = new RegExp(`\\nended ${count} (\\d+)\\n$`);
    const over = new AbortController();
    const { promise, resolve, reject } = Promise.withResolvers<{ code: number; output: string }>();
    waiting = {
      heard() {
        const found = mark.exec(output);
        if (found) resolve({ code: Number(found[1]), output: output.slice(0, found.index) });
      },
      fail: reject,
    };
    void clock.sleep(limitMs, over.signal).then(() => {
      if (over.signal.aborted) return;
      reject(stalled(address, limitMs));
      end(new Error('it was too slow'));
    });
    // On a line of its own, also where the command's output does not end one.
    stream.write(`${command}\nprintf '\\nended ${count} %d\\n' "$?"\n`);
    try {
      return await promise;
    } finally {
      waiting = undefined;
      over.abort();
    }
  }

  return {
    run(command, limitMs) {
      const work = last.then(() => runNow(command, limitMs));
      // Whoever asked for it hears of its failure; the next one only waits for its end.
      last = work.catch(() => undefined);
      return work;
    },
    get ended() {
      return ended;
    },
    close: () => end(new Error('it is being closed')),
  };
}
