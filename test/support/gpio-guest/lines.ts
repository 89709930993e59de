import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Level } from './journal.ts';

/** Sets an input line of the guest from outside. */
export type Drive = (line: number, level: Level) => Promise<void>;

/**
 * Reaches the guest's GPIO lines through QEMU's own test protocol: a command a line, an answer a line, and between the answers what the
 * output lines do. Source: QEMU's docs/devel/testing/qtest.rst.
 */
export async function openLines(
  folder: string,
  changed: (change: { line: number; level: Level }) => void,
  over: AbortSignal,
): Promise<Drive> {
  const chip = await findChip(join(folder, 'qmp'), over);
  const socket = await connect(join(folder, 'qtest'), over);
  const pending: ((answer: string) => void)[] = [];
  createInterface({ input: socket }).on('line', (text) => {
    const [, edge, line] = /^IRQ (raise|lower) (\d+)/.exec(text) ?? [];
    if (edge) changed({ line: Number(line), level: edge === 'raise' ? 1 : 0 });
    else pending.shift()?.(text);
  });
  socket.on('close', () => {
    for (const answer of pending.splice(0)) answer('no answer');
  });

  async function command(text: string): Promise<void> {
    const answer = over.aborted
      ? 'the guest has ended'
      : await new Promise<string>((resolve) => {
          pending.push(resolve);
          socket.write(`${text}\n`);
        });
    if (!answer.startsWith('OK')) throw new Error(`tell QEMU "${text}": ${answer}`);
  }
  await command(`irq_intercept_out ${chip}`);
  return (line, level) => command(`set_irq_in ${chip} unnamed-gpio-in ${line} ${level}`);
}

/** The chip's name inside QEMU depends on the machine's other devices, so QEMU is asked for it. */
async function findChip(path: string, over: AbortSignal): Promise<string> {
  const socket = await connect(path, over);
  const replies = createInterface({ input: socket })[Symbol.asyncIterator]();
  async function ask(execute: string, parameters: object = {}): Promise<unknown> {
    socket.write(`${JSON.stringify({ execute, arguments: parameters })}\n`);
    for (;;) {
      const { value, done } = await replies.next();
      if (done) throw new Error(`ask QEMU "${execute}": it has ended`);
      const reply = JSON.parse(value) as { return?: unknown; error?: { desc: string } };
      if (reply.error) throw new Error(`ask QEMU "${execute}": ${reply.error.desc}`);
      if (reply.return !== undefined) return reply.return;
    }
  }
  await ask('qmp_capabilities');
  const devices = (await ask('qom-list', { path: '/machine/unattached' })) as { name: string; type: string }[];
  socket.destroy();
  const chip = devices.find(({ type }) => type === 'child<pl061>');
  if (!chip) throw new Error('find the GPIO chip of the guest: QEMU shows none');
  return `/machine/unattached/${chip.name}`;
}

/** QEMU needs a moment before it listens; it is asked until it does or ends. */
async function connect(path: string, over: AbortSignal): Promise<net.Socket> {
  for (;;) {
    const socket = net.connect(path);
    try {
      await once(socket, 'connect');
      // A loss of the connection is told by 'close'.
      return socket.on('error', () => undefined);
    } catch (error) {
      if (over.aborted) throw error;
      await sleep(25, undefined, { signal: over });
    }
  }
}
