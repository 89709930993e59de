import { once } from 'node:events';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { createMemoryGpio } from '../memory-gpio.ts';
import { until } from '../temp.ts';
import { bootGuest } from './guest.ts';
import { type Entry, Journal, type Level } from './journal.ts';
import { carryOut, type LineAnswer, type LineOrder, resultOf } from './line-orders.ts';
import { fillShare } from './share.ts';

/** Gpio adapters at work, with their lines in a test's hands. */
export type LineBench = AsyncDisposable & {
  /** Resolves with what the call returned; rejects with the VigieError that it threw. */
  call(order: LineOrder): Promise<unknown>;
  /** The changes that an input has told, oldest first. */
  changes(id: string): boolean[];
  /** Waits until an input has told so many changes. */
  hasTold(id: string, count: number): Promise<boolean[]>;
  /** Sets an input line from outside. */
  drive(line: number, level: Level): Promise<void>;
  /** The next change of an output line to this level, seen from outside. */
  nextChange(line: number, level: Level): Promise<unknown>;
  forgetChanges(line: number): void;
  readonly entries: readonly Entry[];
};

function changeBook() {
  const told = new Map<string, boolean[]>();
  const changes = (id: string) => told.get(id) ?? [];
  return {
    note: (id: string, active: boolean) => void told.set(id, [...changes(id), active]),
    changes,
    hasTold: (id: string, count: number) =>
      until(`input "${id}" tells ${count} changes`, () => changes(id).length >= count && changes(id), 10_000),
  };
}

/** The adapters on real lines: they run in the guest, and every order goes there. */
export async function openGuestBench(share: string): Promise<LineBench> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await fillShare(
    share,
    ['shared/src', 'shared/package.json', 'hardware/src', 'hardware/package.json', 'test/support/gpio-guest'],
    `node /host/test/support/gpio-guest/line-server.ts ${port}\n`,
  );
  const connected = once(server, 'connection') as Promise<[net.Socket]>;
  const guest = await bootGuest({ share, timeLimitMs: 120_000 });
  const [socket] = await connected;
  const book = changeBook();
  const answers: ((answer: LineAnswer) => void)[] = [];
  createInterface({ input: socket.on('error', () => undefined) }).on('line', (text) => {
    const answer = JSON.parse(text) as LineAnswer;
    if ('changed' in answer) book.note(answer.changed, answer.active);
    else answers.shift()?.(answer);
  });
  socket.on('close', () => {
    const error = { code: 'guest-ended', message: 'the guest has ended', retryable: false, hint: undefined };
    for (const answer of answers.splice(0)) answer({ error });
  });
  return {
    ...book,
    drive: guest.drive,
    nextChange: guest.nextChange,
    forgetChanges: guest.forgetChanges,
    entries: guest.entries,
    async call(order) {
      const answer = await new Promise<LineAnswer>((resolve) => {
        answers.push(resolve);
        socket.write(`${JSON.stringify(order)}\n`);
      });
      return resultOf(answer);
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      server.close();
      await guest[Symbol.asyncDispose]();
    },
  };
}

/** The chip in memory that other tests use, held to the same contract. */
export function openMemoryBench(): LineBench {
  const journal = new Journal();
  const book = changeBook();
  let chip = createMemoryGpio((change) => journal.add(change));
  const obey = carryOut(
    () => chip,
    (answer) => 'changed' in answer && book.note(answer.changed, answer.active),
  );
  return {
    ...book,
    async call(order) {
      if (order.do === 'open') chip = createMemoryGpio((change) => journal.add(change));
      return resultOf(obey(order));
    },
    drive: async (line, level) => chip.drive(line, level),
    nextChange: (line, level) =>
      journal.next(
        `line ${line}`,
        (entry): entry is Entry => 'line' in entry && entry.line === line && entry.level === level,
        `line ${line} at ${level}`,
        5_000,
      ),
    forgetChanges: (line) => journal.forget(`line ${line}`),
    entries: journal.entries,
    async [Symbol.asyncDispose]() {
      chip[Symbol.dispose]();
    },
  };
}
