import { VigieError } from '@vigie/shared/kit/errors';
import type { Entry } from '@vigie/shared/protocol/asset';
import type { Capabilities, Receipt, RemoteFolder, Upload } from '@vigie/shared/remote/remote-folder';
import type { Life, SimTime } from './time.ts';
import type { Trace } from './trace.ts';
import type { Wire } from './wire.ts';

/** A file with its content, told by its digest. A name that is not flushed goes with the server's power. */
export type SimFile = { size: number; sha256: string; isFlushed: boolean };
/** The files of one device, by absolute path. */
export type SimDisk = Map<string, { size: number; sha256: string }>;

export type SimDestination = {
  readonly name: string;
  readonly files: ReadonlyMap<string, SimFile>;
  readonly isUp: boolean;
  /** No room for more bytes. */
  isFull: boolean;
  /** The server ends, and all its connections. A power cut takes names that were not flushed. */
  kill(options: { power: boolean }): void;
  start(): void;
  /** Somebody takes a file away, or changes its bytes. */
  tamper(path: string, how: 'remove' | 'rot'): void;
  /** Times at which a file was there and is not any more, by path: what a report may have seen. */
  readonly lostAt: ReadonlyMap<string, number>;
  /** A view of the files below a folder, for one life of a program. */
  open(life: Life, folder: string, wire: Wire, disk?: SimDisk): RemoteFolder;
};

/** How long silence is borne. */
const STALL_MS = 30_000;
const CAPABILITIES: Capabilities = { fsync: true, atomicReplace: true, freeSpace: true };

export function createSimDestination(options: {
  name: string;
  time: SimTime;
  random: () => number;
  bytesPerSecond: number;
  /** How likely the server breaks a connection at any of its steps. */
  flaw: () => number;
  /** The bug that a receipt is given before the file has its name. */
  receiptsEarly: boolean;
  /** The bug that a listing tells what was there once. */
  listsWhatWas: boolean;
  trace: Trace;
}): SimDestination {
  const { name, time, random, trace } = options;
  const files = new Map<string, SimFile>();
  const lostAt = new Map<string, number>();
  let isUp = true;
  /** Counts the server's lives: a connection belongs to one. */
  let serverLife = 0;

  const were = new Map<string, SimFile>();
  const lose = (path: string): void => {
    const before = files.get(path);
    if (before && options.listsWhatWas) were.set(path, before);
    files.delete(path);
    lostAt.set(path, time.passed());
  };

  function open(life: Life, folder: string, wire: Wire, disk: SimDisk = new Map()): RemoteFolder {
    const { clock } = life;
    const root = folder === '' ? '' : `${folder}/`;

    /** One step of a conversation: it takes time, and the connection may break on the way there or back. */
    async function step(since: number, signal: AbortSignal | undefined, act: () => void = () => undefined) {
      await pass(1 + random() * 80, signal);
      await carry(signal);
      if (!isUp || since !== serverLife) throw broken();
      if (random() < options.flaw()) throw broken();
      act();
      if (random() < options.flaw()) throw broken();
    }
    /** The wire carries one message more, or this side finds out that it does not. */
    async function carry(signal: AbortSignal | undefined): Promise<void> {
      if (wire.state === 'down') throw broken();
      if (wire.state === 'up') return;
      await pass(STALL_MS, signal);
      throw new VigieError('stalled', `"${name}": nothing was acknowledged for too long`, { retryable: true });
    }
    async function pass(ms: number, signal: AbortSignal | undefined): Promise<void> {
      await clock.sleep(ms, signal);
      signal?.throwIfAborted();
    }
    async function connect(signal: AbortSignal | undefined): Promise<number> {
      await pass(1 + random() * 100, signal);
      if (wire.state === 'silent') await carry(signal);
      if (!isUp || wire.state === 'down')
        throw new VigieError('unreachable', `connect to "${name}": nobody answers`, { retryable: true });
      return serverLife;
    }

    async function store(upload: Upload, signal?: AbortSignal): Promise<Receipt> {
      const { size, sha256, replace, proof } = upload;
      const path = `${root}${upload.path}`;
      const receipt = (sent: boolean, level: Receipt['level']): Receipt => {
        trace(`${name} receipt`, path);
        return { level, size, sha256: level === 'digest' ? sha256 : null, sent, capabilities: CAPABILITIES };
      };
      const bytes = disk.get(upload.localPath);
      if (!bytes) throw new VigieError('source-absent', `read "${upload.localPath}": it is not there any more`);
      const since = await connect(signal);
      const there = files.get(path);
      if (there && there.size === size && there.sha256 === sha256) {
        await step(since, signal, () => flush(path));
        return receipt(false, 'digest');
      }
      if (there && !replace) throw new VigieError('conflict', `store "${path}": something else has this name`);
      if (options.receiptsEarly) {
        // What a careless program does: it takes the end of the writing for the proof.
        time.after(10_000, () => {
          if (isUp && since === serverLife) files.set(path, { ...bytes, isFlushed: true });
        });
        return receipt(true, proof);
      }
      await send(upload, since, signal);
      if (bytes.size !== size || bytes.sha256 !== sha256) {
        throw new VigieError('source-changed', `read "${upload.localPath}": it has other bytes than were captured`);
      }
      await step(since, signal, () => {
        if (files.has(path) && !replace) return;
        files.set(path, { size: bytes.size, sha256: bytes.sha256, isFlushed: false });
        trace(`${name} named`, path);
      });
      await step(since, signal, () => flush(path));
      return receipt(true, proof);
    }

    function flush(path: string): void {
      const there = files.get(path);
      if (there) files.set(path, { ...there, isFlushed: true });
    }

    /** The bytes go in portions; at each of them the transfer may end. */
    async function send({ size, onBytes, pace }: Upload, since: number, signal: AbortSignal | undefined) {
      const portion = Math.ceil(size / 3);
      for (let sent = 0; sent < size; sent += portion) {
        const bytes = Math.min(portion, size - sent);
        await pace?.up(bytes, signal);
        await pass((bytes * 1000) / options.bytesPerSecond, signal);
        await carry(signal);
        if (!isUp || since !== serverLife || random() < options.flaw()) throw broken();
        if (destination.isFull) {
          throw new VigieError('destination-full', `store to "${name}": no room is left`, { retryable: true });
        }
        onBytes?.(bytes);
      }
    }

    /** What is asked of the destination takes one step. */
    async function ask<T>(answer: () => T, signal?: AbortSignal): Promise<T> {
      await step(await connect(signal), signal);
      return answer();
    }
    const below = (): [string, SimFile][] => [...files].filter(([path]) => path.startsWith(root));
    const entryOf = ([path, { size }]: [string, SimFile]): Entry => ({ path: path.slice(root.length), size });
    const dayOf = ({ path }: Entry): string => (path.includes('/') ? (path.split('/')[0] as string) : '');

    return {
      capabilities: Promise.resolve(CAPABILITIES),
      store,
      async *list({ days, signal, onFolder } = {}) {
        const since = await connect(signal);
        const there = new Set(below().map((file) => dayOf(entryOf(file))));
        // Day by day, as a real listing reads folders: the others go on changing meanwhile.
        for (const day of [...there].sort()) {
          if (days && !days.includes(day)) continue;
          let listed: Entry[] = [];
          await step(since, signal, () => {
            listed = [...new Map([...were, ...files])]
              .filter(([path]) => path.startsWith(root))
              .map(entryOf)
              .filter((entry) => dayOf(entry) === day);
          });
          onFolder?.(day, listed.length);
          yield* listed;
        }
      },
      async *folders({ signal, passOver } = {}) {
        const since = await connect(signal);
        const days = [...new Set(below().map((file) => dayOf(entryOf(file))))].sort();
        for (const path of ['', ...days.filter((day) => day !== '')]) {
          if (passOver?.(path, undefined)) continue;
          await step(since, signal);
          const files = below()
            .map(entryOf)
            .filter((entry) => dayOf(entry) === path)
            .map(({ path: whole, size }) => ({ name: whole.slice(whole.lastIndexOf('/') + 1), size, modifiedAt: 0 }));
          yield {
            path,
            stamp: undefined,
            files,
            odd: [],
            folders: path === '' ? days.filter((day) => day !== '') : [],
          };
        }
      },
      days: (signal) => ask(() => [...new Set(below().map((file) => dayOf(entryOf(file))))].sort(), signal),
      look: (path, signal) =>
        ask(() => {
          const there = files.get(`${root}${path}`);
          return there && { size: there.size };
        }, signal),
      async digest(path, signal) {
        const there = await ask(() => files.get(`${root}${path}`), signal);
        if (!there) throw new VigieError('not-found', `read "${path}": there is none`);
        return { size: there.size, sha256: there.sha256 };
      },
      read: (path) => Promise.reject(new VigieError('not-found', `read "${path}": only digests are kept here`)),
      probe: (signal) => ask(() => undefined, signal),
      async [Symbol.asyncDispose]() {},
    };
  }

  const broken = () => new VigieError('connection-lost', `"${name}": the connection broke`, { retryable: true });
  const destination: SimDestination = {
    name,
    files,
    get isUp() {
      return isUp;
    },
    isFull: false,
    kill({ power }) {
      isUp = false;
      serverLife += 1;
      if (!power) return;
      for (const [path, { isFlushed }] of [...files]) if (!isFlushed && random() < 0.7) lose(path);
    },
    start() {
      isUp = true;
    },
    tamper(path, how) {
      const there = files.get(path);
      if (!there) return;
      lose(path);
      if (how === 'rot') files.set(path, { ...there, sha256: 'f'.repeat(64) });
    },
    lostAt,
    open,
  };
  return destination;
}
