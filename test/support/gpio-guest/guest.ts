import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildGuest } from './build.ts';
import { type Entry, Journal, type Level } from './journal.ts';
import { type Drive, openLines } from './lines.ts';

/** The label of the guest's GPIO chip. Its lines 0 to 7 are free but for 3, the machine's power key. */
export const CHIP = '9030000.pl061';

/** A running guest, its lines in the test's hands. */
export type Guest = AsyncDisposable & {
  /** The folder that is `/host` in the guest. */
  readonly share: string;
  drive: Drive;
  /** The next change of an output line to this level. */
  nextChange(line: number, level: Level, withinMs?: number): Promise<{ atMs: number }>;
  /** What an output has done and nobody has asked for is passed over. */
  forgetChanges(line: number): void;
  /** The next line of the console that matches. */
  nextPrinted(pattern: RegExp, withinMs?: number): Promise<{ atMs: number; text: string }>;
  readonly entries: readonly Entry[];
  /** Resolves when QEMU has ended; `code` is that of `/host/start`, undefined when it was cut short. */
  readonly exit: Promise<{ code: number | undefined }>;
};

/**
 * Boots the guest with a folder as its `/host`, where it runs the shell script `start`. Resolves when that has printed a line that begins
 * with READY; rejects with the end of the console when it ends before.
 */
export async function bootGuest(options: { share: string; timeLimitMs: number }): Promise<Guest> {
  const { share, timeLimitMs } = options;
  const image = await buildGuest();
  // A socket's path has 107 bytes at most.
  const sockets = await mkdtemp(join(tmpdir(), 'vigie-gpio-'));
  const journal = new Journal();
  const over = new AbortController();
  const qemu = spawn(
    'setpriv',
    [
      // It ends with this process, however that ends. Source: prctl(2), PR_SET_PDEATHSIG.
      ...['--pdeathsig', 'KILL', '--', 'qemu-system-aarch64'],
      // The newest processor without pointer authentication and vectors of any length: both are slow to emulate.
      ...['-M', 'virt', '-cpu', 'max,pauth=off,sve=off', '-smp', '2', '-m', '1024', '-accel', 'tcg,thread=multi'],
      ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-no-reboot'],
      ...['-kernel', image.kernel, '-initrd', image.initrd],
      ...['-append', 'console=ttyAMA0 quiet panic=-1'],
      ...['-virtfs', `local,path=${share},mount_tag=host,security_model=none,id=host`],
      ...['-nic', 'user,model=virtio-net-pci'],
      ...['-qmp', `unix:${sockets}/qmp,server=on,wait=off`],
      ...['-qtest', `unix:${sockets}/qtest,server=on,wait=off`, '-qtest-log', '/dev/null'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const kill = () => void qemu.kill('SIGKILL');
  const timer = setTimeout(kill, timeLimitMs);
  // A test that throws leaves no guest behind.
  const atExit = () => {
    kill();
    rmSync(sockets, { recursive: true, force: true });
  };
  process.once('exit', atExit);
  for (const stream of [qemu.stdout, qemu.stderr]) {
    createInterface({ input: stream }).on('line', (text) => journal.add({ text }));
  }
  const exit = (async () => {
    try {
      await once(qemu, 'close');
    } finally {
      clearTimeout(timer);
      process.off('exit', atExit);
      over.abort();
      journal.close();
      await rm(sockets, { recursive: true, force: true });
    }
    const code = /GUEST-EXIT (\d+)/.exec(journal.console())?.[1];
    return { code: code === undefined ? undefined : Number(code) };
  })();
  const stop = async () => {
    kill();
    await exit;
  };
  const printed = (pattern: RegExp, withinMs = 20_000) =>
    journal.next(
      'console',
      (entry): entry is Entry & { text: string } => 'text' in entry && pattern.test(entry.text),
      `console line ${pattern}`,
      withinMs,
    );

  try {
    const [drive] = await Promise.all([
      openLines(sockets, (change) => journal.add(change), over.signal),
      printed(/^READY/, timeLimitMs),
    ]);
    return {
      share,
      drive,
      nextChange: (line, level, withinMs = 20_000) =>
        journal.next(
          `line ${line}`,
          (entry): entry is Entry & { line: number; level: Level } =>
            'line' in entry && entry.line === line && entry.level === level,
          `line ${line} at ${level}`,
          withinMs,
        ),
      forgetChanges: (line) => journal.forget(`line ${line}`),
      nextPrinted: printed,
      entries: journal.entries,
      exit,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
