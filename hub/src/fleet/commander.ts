import { randomUUID } from 'node:crypto';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import type { CommandName } from '@vigie/shared/protocol/command';
import type { Message } from '@vigie/shared/protocol/messages';
import type { DeviceAddress } from '@vigie/shared/protocol/topics';

export type CommandOutcome = Omit<Message<'reply'>, 'status' | 'at'> & {
  status: 'ok' | 'error' | 'accepted' | 'timeout';
};

/** Sends commands and waits for their replies. */
export type Commander = {
  send(
    address: DeviceAddress,
    name: CommandName,
    args: Message<'command'>['args'],
    by: string,
    limitMs?: number,
  ): Promise<CommandOutcome>;
  replied(reply: Message<'reply'>): void;
};

/** A capture may need a camera's whole time limit. */
const LIMIT_MS = 45_000;

export function createCommander(
  publish: (address: DeviceAddress, name: CommandName, command: Message<'command'>) => Promise<void>,
  clock: Clock,
): Commander {
  const waiting = new Map<string, (outcome: CommandOutcome) => void>();
  return {
    async send(address, name, args, by, limitMs = LIMIT_MS) {
      const id = randomUUID();
      const over = new AbortController();
      const answered = new Promise<CommandOutcome>((resolve) => waiting.set(id, resolve));
      const late = clock.sleep(limitMs, over.signal).then<CommandOutcome>(() => ({
        id,
        status: 'timeout',
        error: {
          code: 'timeout',
          message: `command "${name}": the device has not answered within ${limitMs / 1000} s`,
        },
      }));
      try {
        await publish(address, name, { id, expiresAt: clock.now() + limitMs, by, args });
        return await Promise.race([answered, late]);
      } catch (error) {
        return { id, status: 'error', error: { code: codeOf(error), message: messageOf(error) } };
      } finally {
        waiting.delete(id);
        over.abort();
      }
    },
    replied({ at: _, ...reply }) {
      waiting.get(reply.id)?.(reply);
    },
  };
}
