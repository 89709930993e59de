import { type CommandHandlers, createCommands } from '@vigie/agent/hub-link/commands';
import { createReplies } from '@vigie/agent/store/replies';
import type { Message } from '@vigie/shared/protocol/messages';
import { expect, test } from 'vitest';
import { testLedger } from '../../support/ledger.ts';

async function answering() {
  const { ledger, clock } = await testLedger();
  const replies: Message<'reply'>[] = [];
  let captures = 0;
  const refuse = () => {
    throw new Error('not in this test');
  };
  const handlers: CommandHandlers = {
    ping: () => ({ here: true }),
    capture: () => ({ count: ++captures }),
    scan: refuse,
    'recover-stage': refuse,
    'retry-failed': refuse,
    'pause-deliveries': refuse,
    'resume-deliveries': refuse,
    explain: refuse,
    resync: refuse,
    jobs: refuse,
    job: refuse,
    drill: refuse,
  };
  const command = createCommands({
    handlers,
    replies: createReplies(ledger, clock),
    reply: async (_, reply) => void replies.push(reply),
    clock,
  });
  const give = (name: string, id: string, args = {}, expiresAt = clock.now() + 1_000) =>
    command(name, { id, expiresAt, args }, new AbortController().signal);
  return { give, replies, clock };
}

test('a command that comes twice is carried out once and answered twice', async () => {
  const { give, replies } = await answering();
  await give('capture', 'c1', { source: 'garden' });
  await give('capture', 'c1', { source: 'garden' });
  expect(replies).toHaveLength(2);
  expect(replies[1]).toEqual(replies[0]);
  expect(replies[0]).toMatchObject({ status: 'ok', data: { count: 1 } });
});

test('a command whose time is over is refused', async () => {
  const { give, replies, clock } = await answering();
  await give('capture', 'c1', { source: 'garden' }, clock.now() - 1);
  expect(replies).toMatchObject([{ status: 'error', error: { code: 'expired' } }]);
});

test('unknown commands, wrong arguments and failures are answered with what is wrong', async () => {
  const { give, replies } = await answering();
  await give('format-disk', 'c1');
  await give('capture', 'c2', { source: '../etc' });
  await give('scan', 'c3');
  expect(replies.map((r) => r.error?.code)).toEqual(['unknown-command', 'arguments', 'internal']);
  expect(replies[0]?.error?.message).toContain('ping, capture, scan');
});
