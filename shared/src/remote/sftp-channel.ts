import type { SFTPWrapper } from 'ssh2';
import type { Clock } from '../kit/clock.ts';
import { VigieError } from '../kit/errors.ts';
import { lost, stalled, statusOf } from './sftp-errors.ts';
import { watchForStall } from './stall-watch.ts';
import type { Window } from './window.ts';

/**
 * One SFTP channel under the stall rule: when answers are owed and none comes for `stallMs`, the connection is dropped
 * and everything open fails with `stalled`. Answers of the server that are errors come as they are, with their
 * number in `code` (`sftp-errors.ts`); everything else is a VigieError.
 */
export type Channel = {
  /** Which of the protocol's extensions the server has announced. */
  has(extension: 'fsync@openssh.com' | 'posix-rename@openssh.com' | 'statvfs@openssh.com'): boolean;
  /** One request and its answer. */
  call<T = void>(send: (sftp: SFTPWrapper, done: Done<T>) => void, signal?: AbortSignal): Promise<T>;
  /**
   * Sends a request whose answer `done` gets, once and in any case: also at the loss of the connection. For streams of
   * requests, where a promise each would cost too much.
   */
  post<T>(send: (sftp: SFTPWrapper, done: Done<T>) => void, done: Done<T>): void;
  /**
   * Bytes of one write at most. A longer one the library sends in pieces, each after the answer to the one before and out of the caller's
   * buffer, which by then holds other bytes; and a flush sent behind it would come before its end.
   */
  readonly writeBytesMax: number;
  /** How many bytes of files may be on their way over the connection. */
  readonly window: Window;
  /** Ends this channel alone. */
  close(): void;
};
export type Done<T> = (error: unknown, value?: T) => void;

/** What every server takes. Source: draft-ietf-secsh-filexfer-02, section 3: packets of 34,000 bytes. */
const WRITE_BYTES_USUAL = 32_000;

export type Link = {
  address: string;
  stallMs: number;
  clock: Clock;
  window: Window;
  lost(): VigieError | undefined;
  onLost(listener: () => void): () => void;
  drop(reason: VigieError): void;
};

export function openChannel(sftp: SFTPWrapper, link: Link): Channel {
  const { address, stallMs, clock } = link;
  const watch = watchForStall({ stallMs, clock, onStall: () => link.drop(stalled(address, stallMs)) });
  const open = new Set<Done<never>>();
  let closed = false;

  function end(): void {
    if (closed) return;
    closed = true;
    watch.close();
    const reason = link.lost() ?? lost(address);
    for (const done of [...open]) done(reason);
  }
  const forget = link.onLost(end);
  // A server whose SFTP process has died leaves the connection standing, and no request would ever be answered.
  const broken = (error?: unknown) => {
    if (!closed) link.drop(lost(address, error));
  };
  sftp.on('error', broken);
  sftp.on('close', broken);
  sftp.on('end', broken);

  function post<T>(send: (sftp: SFTPWrapper, done: Done<T>) => void, done: Done<T>): void {
    if (closed) {
      done(link.lost() ?? lost(address));
      return;
    }
    const once: Done<T> = (error, value) => {
      if (!open.delete(once as Done<never>)) return;
      watch.paid();
      // Without a number it is no answer: the library tells so that the connection went away.
      if (error && !(error instanceof VigieError) && statusOf(error) === undefined)
        done(link.lost() ?? lost(address, error));
      else done(error, value);
    };
    open.add(once as Done<never>);
    watch.owe();
    try {
      send(sftp, once);
    } catch (error) {
      open.delete(once as Done<never>);
      watch.paid();
      done(new VigieError('server-failure', `use ${address}: the request cannot be sent`, { cause: error }));
    }
  }

  return {
    has(extension) {
      // The library reads the announcement and does not show it; its calls throw where an extension is missing.
      const announced = (sftp as unknown as { _extensions: Record<string, string> })._extensions;
      return announced[extension] !== undefined;
    },
    writeBytesMax: (sftp as unknown as { _maxWriteLen?: number })._maxWriteLen ?? WRITE_BYTES_USUAL,
    window: link.window,
    post,
    call(send, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const aborted = () => reject(signal?.reason);
        signal?.addEventListener('abort', aborted, { once: true });
        post(send, (error, value) => {
          signal?.removeEventListener('abort', aborted);
          if (error) reject(error);
          else resolve(value as never);
        });
      });
    },
    close() {
      forget();
      end();
      sftp.end();
    },
  };
}
