import type { Clock } from '../kit/clock.ts';
import { VigieError } from '../kit/errors.ts';
import type { Channel } from './sftp-channel.ts';
import type { SshConnection } from './ssh-connection.ts';

/**
 * How many transfers one connection carries at once, each on a channel of its own: a server works off one channel in order, so that
 * one file's flush would hold up the next file's bytes. OpenSSH allows 10 channels a connection: the others are for digests and listings.
 */
export const TRANSFERS_PER_CONNECTION = 6;

/** Kept connections to one server with their channels, made when they are needed, at most `connectionsMax`. */
export type ConnectionPool = AsyncDisposable & {
  /** Gives a channel to one transfer alone, on the connection with the fewest; waits while all are in use. */
  exclusive<T>(use: (connection: SshConnection, channel: Channel) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Any connection, also one with a transfer under way: for short questions and for channels of one's own. */
  shared(signal?: AbortSignal): Promise<SshConnection>;
};

/** A channel for one transfer after the other. `idle` counts the looks that have found it so. */
type Seat = { channel: Promise<Channel>; busy: boolean; idle: number };
type Place = {
  connecting: Promise<SshConnection>;
  connection: SshConnection | undefined;
  /** The first has the channel that came with the connection. */
  seats: Seat[];
  seatsMax: number;
  sweeping: boolean;
};

/** A further channel that was not needed for one to two of these is closed: each is a process at the server. */
const SWEEP_EVERY_MS = 10_000;

/** `connect` gets a signal that aborts when the pool is disposed. */
export function createConnectionPool(
  connectionsMax: number,
  clock: Pick<Clock, 'sleep'>,
  connect: (signal: AbortSignal) => Promise<SshConnection>,
): ConnectionPool {
  const places = new Set<Place>();
  const waiting: (() => void)[] = [];
  const disposed = new AbortController();
  const wakeAll = () => {
    for (const wake of waiting.splice(0)) wake();
  };

  function check(): void {
    if (disposed.signal.aborted) {
      throw new VigieError('closed', 'use a destination: it was closed before; it should be opened anew');
    }
  }

  function openPlace(busy: boolean): Place {
    const connecting = connect(disposed.signal);
    const first: Seat = { channel: connecting.then(({ main }) => main), busy, idle: 0 };
    // Whoever uses it awaits it; nobody has to.
    first.channel.catch(() => undefined);
    const place: Place = {
      connecting,
      connection: undefined,
      seats: [first],
      seatsMax: TRANSFERS_PER_CONNECTION,
      sweeping: false,
    };
    places.add(place);
    const gone = () => {
      places.delete(place);
      wakeAll();
    };
    connecting.then((connection) => {
      place.connection = connection;
      if (connection.lost()) gone();
      else connection.onLost(gone);
      wakeAll();
    }, gone);
    return place;
  }

  /** A seat on the place with the fewest in use; undefined where all are in use. A further connection comes before a further channel. */
  function take(): { place: Place; seat: Seat } | undefined {
    const usable = [...places]
      .map((place) => ({ place, used: place.seats.filter(({ busy }) => busy).length }))
      .sort((one, other) => one.used - other.used);
    const least = usable[0];
    if (places.size < connectionsMax && (!least || least.used > 0)) {
      const place = openPlace(true);
      return { place, seat: place.seats[0] as Seat };
    }
    for (const { place, used } of usable) {
      const idle = place.seats.find(({ busy }) => !busy);
      if (idle) {
        idle.busy = true;
        return { place, seat: idle };
      }
      if (place.connection && used < place.seatsMax) {
        const seat: Seat = { channel: place.connection.open(), busy: true, idle: 0 };
        place.seats.push(seat);
        return { place, seat };
      }
    }
    return undefined;
  }

  async function claim(signal?: AbortSignal): Promise<{ place: Place; seat: Seat; channel: Channel }> {
    for (;;) {
      check();
      signal?.throwIfAborted();
      const taken = take();
      if (!taken) {
        await unlessAborted(new Promise<void>((wake) => waiting.push(wake)), signal);
        continue;
      }
      const { place, seat } = taken;
      try {
        return { place, seat, channel: await unlessAborted(seat.channel, signal) };
      } catch (error) {
        leave(place, seat);
        const isFirst = place.seats[0] === seat;
        if (signal?.aborted || isFirst || place.connection?.lost()) throw error;
        // The server allows no further channel: what there is has to do.
        place.seats.splice(place.seats.indexOf(seat), 1);
        place.seatsMax = place.seats.length;
      }
    }
  }

  function leave(place: Place, seat: Seat): void {
    seat.busy = false;
    seat.idle = 0;
    if (place.seats.length > 1 && !place.sweeping) void sweep(place);
    wakeAll();
  }

  async function sweep(place: Place): Promise<void> {
    place.sweeping = true;
    while (place.seats.length > 1 && places.has(place) && !disposed.signal.aborted) {
      await clock.sleep(SWEEP_EVERY_MS, disposed.signal);
      const [first, ...further] = place.seats as [Seat, ...Seat[]];
      for (const seat of further) if (!seat.busy) seat.idle += 1;
      const unused = further.filter(({ idle }) => idle > 1);
      place.seats = [first, ...further.filter((seat) => !unused.includes(seat))];
      for (const { channel } of unused) {
        await channel.then(
          (open) => open.close(),
          // One that never came about needs no end.
          () => undefined,
        );
      }
    }
    place.sweeping = false;
  }

  return {
    async exclusive(use, signal) {
      const { place, seat, channel } = await claim(signal);
      try {
        return await use(await place.connecting, channel);
      } finally {
        leave(place, seat);
      }
    },
    async shared(signal) {
      check();
      signal?.throwIfAborted();
      const all = [...places];
      const isIdle = ({ connection, seats }: Place) => connection && !seats.some(({ busy }) => busy);
      const place = all.find(isIdle) ?? all[0] ?? openPlace(false);
      return await unlessAborted(place.connecting, signal);
    },
    async [Symbol.asyncDispose]() {
      disposed.abort(new VigieError('closed', 'use a destination: it is being closed', { retryable: true }));
      const reason = new VigieError('connection-lost', 'use a connection: it is being closed', { retryable: true });
      for (const { connecting } of [...places]) {
        await connecting.then(
          (connection) => connection.drop(reason),
          // That it never came about is as good as closed.
          () => undefined,
        );
      }
      wakeAll();
    },
  };
}

/** The outcome of some work, or the abort of the wait for it; the work itself goes on. */
export async function unlessAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return await work;
  // Work that nobody waits for may fail in silence: what it is about ends by the same abort.
  if (signal.aborted) work.catch(() => undefined);
  signal.throwIfAborted();
  let aborted: (() => void) | undefined;
  const end = new Promise<never>((_, reject) => {
    aborted = () => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    if (aborted) signal.removeEventListener('abort', aborted);
  }
}
