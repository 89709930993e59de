import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf } from '@vigie/shared/kit/errors';
import { COMMANDS, type CommandName, commandArgs } from '@vigie/shared/protocol/command';
import type { Message } from '@vigie/shared/protocol/messages';
import type { z } from 'zod';
import type { Replies } from '../store/replies.ts';

type Json = z.infer<ReturnType<typeof z.json>>;
/** A command's own words: its id, and who says to have sent it. */
export type CommandOrigin = Pick<Message<'command'>, 'id' | 'by'>;
/** What each command does; its result is the reply's data. */
export type CommandHandlers = {
  [N in CommandName]: (
    args: z.infer<(typeof commandArgs)[N]>,
    signal: AbortSignal,
    origin: CommandOrigin,
  ) => Json | Promise<Json>;
};

/** Carries out commands: each id once, none after its time, with a reply whatever happens. */
export function createCommands(options: {
  handlers: CommandHandlers;
  replies: Replies;
  reply: (name: string, reply: Message<'reply'>) => Promise<void>;
  clock: Clock;
}): (name: string, command: Message<'command'>, signal: AbortSignal) => Promise<void> {
  const { handlers, replies, reply, clock } = options;
  const running = new Set<string>();

  async function answer(name: string, { id, by, expiresAt, args }: Message<'command'>, signal: AbortSignal) {
    const refuse = (code: string, message: string) => ({
      id,
      status: 'error' as const,
      at: clock.now(),
      error: { code, message },
    });
    if (!COMMANDS.includes(name as CommandName)) {
      return refuse('unknown-command', `command "${name}": not known; ${COMMANDS.join(', ')} are`);
    }
    if (clock.now() > expiresAt) return refuse('expired', `command "${name}": it expired before it arrived`);
    const parsed = commandArgs[name as CommandName].safeParse(args);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refuse('arguments', `command "${name}": argument ${issue?.path.join('.')}: ${issue?.message}`);
    }
    try {
      const handler = handlers[name as CommandName] as (
        args: unknown,
        signal: AbortSignal,
        origin: CommandOrigin,
      ) => Json | Promise<Json>;
      const data = await handler(parsed.data, signal, { id, ...(by !== undefined && { by }) });
      return { id, status: 'ok' as const, at: clock.now(), data };
    } catch (error) {
      return refuse(codeOf(error), messageOf(error).slice(0, 2000));
    }
  }

  return async (name, command, signal) => {
    const earlier = replies.find(command.id);
    if (earlier) return reply(name, earlier);
    // A repetition of a command that is being carried out is answered by that one's reply.
    if (running.has(command.id)) return;
    running.add(command.id);
    try {
      const answered = await answer(name, command, signal);
      replies.keep(answered);
      await reply(name, answered);
    } finally {
      running.delete(command.id);
    }
  };
}
