import { connect as connectSocket, type Socket } from 'node:net';
import type { Client, ClientChannel, SFTPWrapper } from 'ssh2';
import SftpClient from 'ssh2-sftp-client';
import type { Clock } from '../kit/clock.ts';
import { messageOf, VigieError } from '../kit/errors.ts';
import { type CheckFile, checkFileOn } from './check-file.ts';
import { type Channel, openChannel } from './sftp-channel.ts';
import { connectError, lost, stalled } from './sftp-errors.ts';
import { addressOf, credentials, hostKeyCheck, type SftpConfig } from './ssh-login.ts';
import { type Shell, shellOn } from './ssh-shell.ts';
import { watchForStall } from './stall-watch.ts';
import { createWindow } from './window.ts';

/** A login that stands, with any number of SFTP channels (each is a process of its own at an OpenSSH server). */
export type SshConnection = {
  /** The channel that came with the connection. */
  main: Channel;
  open(): Promise<Channel>;
  /**
   * Runs a command in the account's shell, with nothing to read; the first 4 KiB of what it prints. `refused` where the server runs none,
   * `stalled` where it has not ended after `limitMs`; the connection stays.
   */
  run(command: string, limitMs: number): Promise<{ code: number | null; output: string }>;
  /** The account's shell, kept for as long as the connection stands; `refused` where there is none. */
  shell(): Promise<Shell>;
  /** A channel for digests by the protocol, kept likewise; `refused` where the server opens no further one. */
  checkFile(): Promise<CheckFile>;
  /** Why the connection is of no use any more; undefined while it is. */
  lost(): VigieError | undefined;
  /** Calls back once, at the loss; returns what takes the listener away again. */
  onLost(listener: () => void): () => void;
  /** Ends it at once; every open request fails with the reason. */
  drop(reason: VigieError): void;
};

export type ConnectOptions = {
  stallMs: number;
  clock: Clock;
  signal: AbortSignal;
  /** Hears the key that the server shows, before it is judged. */
  onHostKey?: (key: Buffer) => void;
};

const HANDSHAKE_LIMIT_MS = 120_000;
const KEEPALIVE_MS = 15_000;
const KEEPALIVE_COUNT_MAX = 3;
const OUTPUT_CHARACTERS_MAX = 4096;

/** Logs in. Nothing is sent before the server's key has been found in the known_hosts file. */
export async function connectSsh(config: SftpConfig, options: ConnectOptions): Promise<SshConnection> {
  const { stallMs, clock, signal } = options;
  const address = addressOf(config);
  const login = credentials(config);
  const hostKey = hostKeyCheck(config);
  const socket = await openSocket(config, stallMs, signal);

  const client = new SftpClient('vigie', {});
  // The wrapper hides the SSH client, and with it the reason of a failure and the means to open a second channel.
  const ssh = (client as unknown as { client: Client }).client;
  const listeners = new Set<() => void>();
  let reason: VigieError | undefined;
  let fault: unknown;

  function drop(why: VigieError): void {
    if (reason) return;
    reason = why;
    ssh.end();
    socket.destroy();
    for (const listener of listeners) listener();
    listeners.clear();
  }
  ssh.on('error', (error) => {
    fault ??= error;
  });
  ssh.on('close', () => drop(lost(address, fault)));
  ssh.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
    finish(prompts.map(() => login.password ?? ''));
  });

  const window = createWindow(clock);
  const channelOn = (sftp: SFTPWrapper) =>
    openChannel(sftp, { address, stallMs, clock, window, lost: () => reason, onLost, drop });
  function onLost(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Waits for a step of the login; that no byte comes for `stallMs`, an abort or the loss end the wait. */
  async function step<T>(work: Promise<T>): Promise<T> {
    // There are no answers to count yet: any byte from the other side is a sign of life.
    const progress = () => socket.bytesRead;
    const watch = watchForStall({ stallMs, clock, progress, onStall: () => drop(stalled(address, stallMs)) });
    watch.owe();
    const leave: (() => void)[] = [];
    const end = new Promise<never>((_, reject) => {
      const aborted = () => reject(signal.reason);
      signal.addEventListener('abort', aborted, { once: true });
      leave.push(
        onLost(() => reject(reason)),
        () => signal.removeEventListener('abort', aborted),
      );
    });
    try {
      return await Promise.race([work, end]);
    } finally {
      watch.close();
      for (const undo of leave) undo();
    }
  }

  function runCommand(command: string, limitMs: number): Promise<{ code: number | null; output: string }> {
    return new Promise((done, fail) => {
      if (reason) return fail(reason);
      let stream: ClientChannel | undefined;
      let output = '';
      const ended = new AbortController();
      const forget = onLost(() => end(() => fail(reason)));
      function end(settle: () => void): void {
        if (ended.signal.aborted) return;
        ended.abort();
        forget();
        stream?.close();
        settle();
      }
      void clock.sleep(limitMs, ended.signal).then(() => end(() => fail(stalled(address, limitMs))));
      const refused = (error: unknown) =>
        new VigieError('refused', `run a command at ${address}: ${messageOf(error)}`, { cause: error });
      ssh.exec(command, (error, channel) => {
        if (error) return end(() => fail(refused(error)));
        if (ended.signal.aborted) return channel.close();
        stream = channel;
        let code: number | null = null;
        channel.setEncoding('utf8').on('data', (text: string) => {
          output = (output + text).slice(0, OUTPUT_CHARACTERS_MAX);
        });
        channel.stderr.resume();
        channel.on('exit', (status: number | null) => {
          code = status;
        });
        channel.on('error', (fault: unknown) => end(() => fail(refused(fault))));
        channel.on('close', () => end(() => done({ code, output })));
        channel.end();
      });
    });
  }

  type Opened = (error: Error | undefined, stream: ClientChannel) => void;
  /** What works on a stream of its own, opened at the first call and kept until it has ended. */
  function keeping<T extends { ended: boolean }>(
    what: string,
    open: (opened: Opened) => void,
    on: (stream: ClientChannel) => T,
  ): () => Promise<T> {
    let kept: Promise<T> | undefined;
    async function begin(): Promise<T> {
      const opened = new Promise<ClientChannel>((done, fail) => {
        open((error, stream) => (error ? fail(error) : done(stream)));
      });
      try {
        return on(await step(opened));
      } catch (error) {
        kept = undefined;
        throw reason ?? new VigieError('refused', `open ${what} at ${address}: ${messageOf(error)}`, { cause: error });
      }
    }
    return async () => {
      if (reason) throw reason;
      kept ??= begin();
      const one = await kept;
      if (!one.ended) return one;
      kept = begin();
      return await kept;
    };
  }
  const place = { address, clock };
  // Whatever shell the account has makes way for the one that POSIX describes.
  const shell = keeping(
    'a shell',
    (opened) => ssh.exec('exec sh', opened),
    (stream) => shellOn(stream, place),
  );
  const checkFile = keeping(
    'a channel for digests',
    (opened) => ssh.subsys('sftp', opened),
    (stream) => checkFileOn(stream, place),
  );

  try {
    const sftp = await step(
      client.connect({
        ...login,
        sock: socket,
        tryKeyboard: login.password !== undefined,
        readyTimeout: HANDSHAKE_LIMIT_MS,
        keepaliveInterval: KEEPALIVE_MS,
        keepaliveCountMax: KEEPALIVE_COUNT_MAX,
        hostVerifier: (key: Buffer) => {
          options.onHostKey?.(key);
          return hostKey.verify(key);
        },
        algorithms: { serverHostKey: hostKey.algorithms },
      }),
    );
    return {
      main: channelOn(sftp),
      open: async () => {
        if (reason) throw reason;
        const opened = new Promise<SFTPWrapper>((done, fail) => {
          ssh.sftp((error, channel) => (error ? fail(error) : done(channel)));
        });
        return channelOn(await step(opened));
      },
      run: (command, limitMs) => runCommand(command, limitMs),
      shell,
      checkFile,
      lost: () => reason,
      onLost,
      drop,
    };
  } catch (error) {
    drop(lost(address));
    signal.throwIfAborted();
    throw hostKey.refusal() ?? connectError(fault ?? error, address);
  }
}

function openSocket({ host, port }: SftpConfig, limitMs: number, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host, port, noDelay: true, keepAlive: true });
    const settle = (end: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.removeListener('error', failed);
      end();
    };
    const failed = (error: unknown) => settle(() => reject(connectError(error, `${host}:${port}`)));
    const aborted = () => {
      socket.destroy();
      settle(() => reject(signal.reason));
    };
    const timer = setTimeout(() => {
      socket.destroy();
      const message = `connect to ${host}:${port}: no answer within ${limitMs} ms`;
      settle(() => reject(new VigieError('unreachable', message, { retryable: true, hint: 'Check the network.' })));
    }, limitMs);
    signal.addEventListener('abort', aborted, { once: true });
    socket.once('error', failed);
    socket.once('connect', () => settle(() => resolve(gathering(socket))));
  });
}

/**
 * Lets all that is written in one turn of the event loop go out with one system call. The library writes each packet in
 * three pieces, and without this each would be a system call and a TCP segment of its own.
 */
function gathering(socket: Socket): Socket {
  const write = socket.write;
  let corked = false;
  const release = () => {
    corked = false;
    socket.uncork();
  };
  socket.write = function gathered(this: Socket, ...args: unknown[]) {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(release);
    }
    return write.apply(this, args as never);
  } as Socket['write'];
  return socket;
}
