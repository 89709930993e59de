import type { Entry } from '../protocol/asset.ts';

/**
 * A folder that holds delivered assets, behind one port: over SFTP, or on this machine. Restic's idea: narrow, and it
 * states what it can do.
 *
 * Paths are relative to the folder given at opening, `/` between their parts; `..`, empty and absolute ones are refused (`path`).
 * Every call takes part in the stall rule: when the other side acknowledges nothing for `stallMs`, the call fails with
 * `stalled` (retryable) and the connection is dropped; the next call connects anew. Calls may run side by side.
 *
 * Errors are VigieErrors. Codes: `unreachable`, `refused`, `stalled`, `connection-lost` (retryable); `host-key`,
 * `authentication`, `permission`, `root-absent` (an operator must act; retried slowly); `destination-full` (retryable),
 * `conflict` (a final name holds other content), `source-changed` (the local file is not what the ledger says),
 * `source-absent`, `not-a-file` (the local name), `corrupted` (bytes read back differ; retryable), `path` (this name cannot be used
 * there), `listing`, `not-found`, `too-large`, and `server-failure` (this request was refused without a reason; retryable).
 * An abort throws the signal's reason.
 */
export interface RemoteFolder extends AsyncDisposable {
  readonly capabilities: Promise<Capabilities>;

  /**
   * Stores one local file under its final name, durably, or throws and leaves no torn final name.
   *
   * `.part` → write (resumed, after proof, where an earlier attempt left a `.part` of this very asset) → fsync → rename → fsync →
   * verify → receipt. An existing final name with the same content is verified and answered without sending; with other
   * content it is `conflict`, unless `replace`.
   */
  store(upload: Upload, signal?: AbortSignal): Promise<Receipt>;

  /** Every regular file below the folder but `.part`s; what is none, or has a name that cannot be carried, as `unreadable`. A subfolder that cannot be read whole throws `listing` with its path. */
  list(options?: ListOptions): AsyncIterable<Entry>;

  /** The same folder by folder, each whole, in any order: what very many files, or what is kept between two listings, come by. */
  folders(options?: FoldersOptions): AsyncIterable<ListedFolder>;

  /** Names of the folders directly below, sorted: the days. */
  days(signal?: AbortSignal): Promise<string[]>;

  /** All bytes of one file. `not-found` where there is none, `too-large` where there are more than `limitBytes`. */
  read(path: string, limitBytes: number, signal?: AbortSignal): Promise<Buffer>;

  /** Size of the regular file under a path; undefined where there is none. */
  look(path: string, signal?: AbortSignal): Promise<{ size: number } | undefined>;

  /**
   * Size and SHA-256 of the bytes of one file, read back whole. `not-found` where there is none. `pace` is asked before bytes come over a
   * network.
   */
  digest(path: string, signal?: AbortSignal, pace?: Pace): Promise<{ size: number; sha256: string }>;

  /** Checks that the folder can be reached and read, and says nothing else. */
  probe(signal?: AbortSignal): Promise<void>;
}

/** What the other side can do; found out once a connection. */
export type Capabilities = { fsync: boolean; atomicReplace: boolean; freeSpace: boolean };

export type Upload = {
  /** Absolute local path, text as in `kit/names.ts`. */
  localPath: string;
  path: string;
  size: number;
  /** 64 hexadecimal digits: the digest at capture. The bytes read are hashed again on their way. */
  sha256: string;
  modifiedAt: number;
  replace: boolean;
  /** As far as the sender knows, nothing was ever sent under this name: a look for it costs a round trip more than it is worth. */
  unsent?: boolean;
  /** What counts as proof: the size, or a read-back of all bytes. */
  proof: 'size' | 'digest';
  /** Told as the other side acknowledges bytes, with the count since the last call. */
  onBytes?: ((bytes: number) => void) | undefined;
  /** Told once all bytes are on their way; not where none are sent. */
  onSent?: (() => void) | undefined;
  /** Asked before bytes are sent or read back; absent: as fast as it goes. */
  pace?: Pace | undefined;
};

/** Resolves when so many bytes may go in one direction; rejects with the signal's reason. */
export type Pace = Record<'up' | 'down', (bytes: number, signal?: AbortSignal) => Promise<void>>;

/** Proof that a destination holds the bytes. `sent` is false when they were there already. */
export type Receipt = {
  level: 'size' | 'digest';
  size: number;
  sha256: string | null;
  sent: boolean;
  capabilities: Capabilities;
  /** Who made the digest of what lies there; absent where the size is the proof. */
  digestBy?: DigestBy;
};
export type DigestBy = 'server' | 'read-back';

export type ListOptions = {
  /** Only these day folders (bucket `` is the root's own files); all when absent. */
  days?: string[];
  signal?: AbortSignal;
  /** Told for each folder that was listed. */
  onFolder?: (path: string, entries: number) => void;
};

export type FoldersOptions = {
  signal?: AbortSignal;
  /** Asked before a folder below is read; true leaves it out, with all that lies below it. */
  passOver?: (path: string, stamp: FolderStamp | undefined) => boolean;
};

/** One folder without what lies in its subfolders. */
export type ListedFolder = {
  /** Its path; `` is the folder given at opening. */
  path: string;
  /** What was told of it before it was read; undefined where nothing was. */
  stamp: FolderStamp | undefined;
  /** Regular files but `.part`s, by their names in the folder. */
  files: ListedFile[];
  /** What is none, or has a name that cannot be carried: unreadable, with whole paths. */
  odd: Entry[];
  /** Paths of the folders directly below. */
  folders: string[];
};
/** `size` in bytes, `modifiedAt` in ms since 1970. */
export type ListedFile = { name: string; size: number; modifiedAt: number };

/**
 * What the other side tells of a folder without reading it. `mark` is another text when a name in it has come, gone or been replaced, as
 * far as its clock and the granularity of its times can show; what is done to the bytes of a file does not change it.
 * `modifiedAt`: ms since 1970, by the other side's clock.
 */
export type FolderStamp = { mark: string; modifiedAt: number };

/** The entries of a listed folder, as `list` has them. */
export function entriesOf({ path, files, odd }: Pick<ListedFolder, 'path' | 'files' | 'odd'>): Entry[] {
  const prefix = path === '' ? '' : `${path}/`;
  const entries: Entry[] = files.map(({ name, size, modifiedAt }) => ({ path: prefix + name, size, modifiedAt }));
  entries.push(...odd);
  return entries;
}
