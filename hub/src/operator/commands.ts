import { createAllowance } from '@vigie/shared/kit/allowance';
import type { Clock } from '@vigie/shared/kit/clock';
import { codeOf, messageOf, VigieError } from '@vigie/shared/kit/errors';
import type { Log } from '@vigie/shared/kit/log';
import { PAYLOAD_BYTES_MAX, parseMessage, parsePayload } from '@vigie/shared/link/payload';
import { operatorName } from '@vigie/shared/protocol/command';
import {
  HUB_COMMAND_BYTES_MAX,
  HUB_COMMANDS,
  HUB_COMMANDS_BURST,
  HUB_COMMANDS_PER_SECOND,
  type HubCommandName,
  hubCommandArgs,
} from '@vigie/shared/protocol/hub-command';
import type { Message } from '@vigie/shared/protocol/messages';
import { z } from 'zod';
import type { Awaiting, OperatorReplies } from '../store/operator-replies.ts';
import type { Deed } from '../users/audit.ts';
import type { HubCommandHandlers, Outcome } from './handlers.ts';

/** Carries out what operators order of the hub by MQTT: each id once, none after its time, with a reply whatever happens. */
export type HubCommands = {
  /** Takes one message. When it returns, what the command changed and its reply are committed together. */
  receive(name: string, payload: Buffer, retained: boolean): void;
  /** A report is further: where it has ended, whoever waits for it is told. */
  reportChanged(id: string): void;
  /** The hub's link is there: replies that did not go out do so now. */
  linkUp(): void;
};

/** The packet around a payload has to fit as well. */
const REPLY_BYTES_MAX = PAYLOAD_BYTES_MAX - 16 * 1024;

export function createHubCommands(options: {
  handlers: HubCommandHandlers;
  replies: OperatorReplies;
  /** The document of a report for a reply, and whether it has ended by now. */
  reportDocument: (id: string, entries: number) => { ended: boolean; failed: string | null; data: object };
  /** Runs it as one transaction. */
  atomically: (work: () => void) => void;
  publish: (name: string, reply: Message<'reply'>) => Promise<void>;
  audit: (deed: Deed) => void;
  clock: Clock;
  log: Log;
}): HubCommands {
  const { handlers, replies, publish, clock, log } = options;
  const allowed = createAllowance({ perSecond: HUB_COMMANDS_PER_SECOND, burst: HUB_COMMANDS_BURST }, clock);

  const refusal = (id: string, code: string, message: string): Message<'reply'> => ({
    id,
    status: 'error',
    at: clock.now(),
    error: { code: code.slice(0, 64), message: message.slice(0, 2000) },
  });

  function tell(name: string, reply: Message<'reply'>): void {
    publish(name, reply)
      .then(() => replies.told(reply))
      // At the next connection it is told, if it was kept.
      .catch((error: unknown) => log.debug({ command: name, error: messageOf(error) }, 'a reply waits for the link'));
  }

  /** Answers when it has been read. Nothing was changed by it, so that asking twice may read twice. */
  function tellLater(name: string, id: string, read: Promise<object>): void {
    read
      .then((data) => fitting({ id, status: 'ok', at: clock.now(), data: JSON.parse(JSON.stringify(data)) }))
      .catch((error: unknown) => refusal(id, codeOf(error), messageOf(error)))
      .then((reply) => tell(name, reply))
      .catch((error: unknown) => log.error({ command: name, error: messageOf(error) }, 'a reply was not told'));
  }

  function carryOut(name: HubCommandName, { id, by, args }: Message<'command'>): Deed | undefined {
    const parsed = hubCommandArgs[name].safeParse(args);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new VigieError('arguments', `command "${name}": argument ${issue?.path.join('.')}: ${issue?.message}`);
    }
    const actor = operatorName(by);
    const handler = handlers[name] as (args: unknown, by: string) => Outcome;
    const outcome = handler(parsed.data, actor);
    if (outcome.later) {
      tellLater(name, id, outcome.later);
      return undefined;
    }
    const reply = fitting({
      id,
      status: outcome.awaits ? 'accepted' : 'ok',
      at: clock.now(),
      data: JSON.parse(JSON.stringify(outcome.data)),
    });
    replies.keep(name, reply, outcome.awaits);
    return outcome.deed && { actor, address: 'mqtt', ...outcome.deed };
  }

  /** A reply that no message can hold says so, and how to ask for less. */
  function fitting(reply: Message<'reply'>): Message<'reply'> {
    const bytes = Buffer.byteLength(JSON.stringify(reply));
    if (bytes <= REPLY_BYTES_MAX) return reply;
    const message = `reply: it has ${bytes} bytes; at most ${REPLY_BYTES_MAX} are allowed: ask for less by limit or entries`;
    return refusal(reply.id, 'too-large', message);
  }

  /** The answer to one message. What is no command is answered as well, so that its sender learns why, but not in a flood. */
  function read(name: string, payload: Buffer): Message<'reply'> | undefined {
    if (payload.length > HUB_COMMAND_BYTES_MAX) {
      const message = `command "${name}": it has ${payload.length} bytes; at most ${HUB_COMMAND_BYTES_MAX} are allowed`;
      return allowed() ? refusal('', 'too-large', message) : undefined;
    }
    let command: Message<'command'>;
    try {
      command = parseMessage('command', payload);
    } catch (error) {
      return allowed() ? refusal(idOf(payload), codeOf(error), messageOf(error)) : undefined;
    }
    return answer(name, command);
  }

  /** Why a command that is new here is not carried out, or undefined when it is. */
  function faultOf(name: string, { expiresAt }: Message<'command'>): [code: string, message: string] | undefined {
    if (!HUB_COMMANDS.includes(name as HubCommandName)) {
      return ['unknown-command', `command "${name}": the hub knows it not; ${HUB_COMMANDS.join(', ')} are allowed`];
    }
    if (clock.now() > expiresAt) return ['expired', `command "${name}": it expired before it arrived`];
    return undefined;
  }

  /**
   * The reply to a command; one that is carried out keeps it with what it changed, so that its repetition changes nothing. Undefined where it
   * follows.
   */
  function answer(name: string, command: Message<'command'>): Message<'reply'> | undefined {
    const { id } = command;
    const earlier = replies.find(id);
    if (earlier && earlier.name !== name) {
      const message = `command "${name}": its id was used by a command "${earlier.name}"; each needs an id of its own`;
      return refusal(id, 'conflict', message);
    }
    if (earlier) return earlier.reply;
    if (!allowed()) {
      const message = `command "${name}": more than ${HUB_COMMANDS_PER_SECOND} a second came; send it again later`;
      return refusal(id, 'limit', message);
    }
    const fault = faultOf(name, command);
    if (fault) {
      const reply = refusal(id, ...fault);
      replies.keep(name, reply);
      return reply;
    }
    try {
      let deed: Deed | undefined;
      options.atomically(() => {
        deed = carryOut(name as HubCommandName, command);
      });
      if (deed) options.audit(deed);
    } catch (error) {
      replies.keep(name, refusal(id, codeOf(error), messageOf(error)));
    }
    return replies.find(id)?.reply;
  }

  /** Keeps the last answer of each command that waits for this report, or for any, where it has ended. */
  function finish(only?: string): Awaiting[] {
    return replies.awaiting(only).filter(({ name, reply: { id }, report, entries }) => {
      let last: Message<'reply'>;
      try {
        const { ended, failed, data } = options.reportDocument(report, entries);
        if (!ended) return false;
        const document = { data: JSON.parse(JSON.stringify(data)) };
        last = fitting(
          failed === null
            ? { id, status: 'ok', at: clock.now(), ...document }
            : { ...refusal(id, 'report', `report "${report}": ${failed}`), ...document },
        );
      } catch (error) {
        last = refusal(id, codeOf(error), messageOf(error));
      }
      replies.keep(name, last);
      return true;
    });
  }

  return {
    receive(name, payload, retained) {
      if (retained) {
        log.warn({ command: name }, 'a command that the broker had kept is left alone: commands must not be retained');
        return;
      }
      const reply = read(name, payload);
      if (reply) tell(name, reply);
    },
    reportChanged(id) {
      try {
        for (const { name, reply } of finish(id)) {
          const last = replies.find(reply.id);
          if (last) tell(name, last.reply);
        }
      } catch (error) {
        // At the next connection, or the hub's next start, it is tried again.
        log.error({ report: id, error: messageOf(error) }, 'the end of a report cannot be told to who ordered it');
      }
    },
    linkUp() {
      finish();
      for (const { name, reply } of replies.untold()) tell(name, reply);
    },
  };
}

/** The id of a message that is no command, so that its sender learns why; empty where it has none. */
function idOf(payload: Buffer): string {
  try {
    return parsePayload('command', z.object({ id: z.string().max(64) }), payload).id;
  } catch {
    return '';
  }
}
