import { homedir, userInfo } from 'node:os';
import { nameOf } from '@vigie/shared/kit/names';
import { UsageError } from '../commands/usage.ts';

/** One side of a check, as the command line names it. Whether a local path is a folder or an inventory is seen when it is opened. */
export type Side =
  | { type: 'local'; text: string; path: string }
  | { type: 'sftp'; text: string; host: string; port: number; user: string; path: string };

/** What a side can be; part of every message about one that cannot be. */
export const SIDES_ALLOWED =
  'a directory, sftp://user@host:port/path (or /~/path below the home folder), or a saved inventory (.json or .ndjson, also .gz)';

const ADDRESS = /^sftp:\/\/(?:([^@/]*)@)?(\[[0-9a-fA-F:.]+(?:%25[\w.-]+)?\]|[^:/@[\]]+)(?::(\d+))?(\/.*)?$/s;

/** Reads a side's text. Throws UsageError for an address that cannot be one; nothing is opened. */
export function parseSide(text: string): Side {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    if (text === '') throw new UsageError(`side "": it is empty: allowed is ${SIDES_ALLOWED}`);
    return { type: 'local', text, path: text };
  }
  if (scheme !== 'sftp')
    throw new UsageError(`side ${JSON.stringify(text)}: ${scheme}:// is not known: allowed is ${SIDES_ALLOWED}`);
  const match = ADDRESS.exec(`sftp${text.slice(scheme.length)}`);
  if (!match) throw new UsageError(`side ${JSON.stringify(text)}: not an SFTP address: allowed is ${SIDES_ALLOWED}`);

  const [, account = '', host = '', port = '22', path = '/~'] = match;
  if (account.includes(':')) {
    const shown = text.replace(`:${account.slice(account.indexOf(':') + 1)}@`, ':…@');
    throw new UsageError(
      `side ${JSON.stringify(shown)}: a password in an address can be seen by every user: use --password-file FILE or --identity FILE`,
    );
  }
  if (Number(port) < 1 || Number(port) > 65_535) {
    throw new UsageError(`side ${JSON.stringify(text)}: port ${port}: 1 to 65535 is allowed`);
  }
  return {
    type: 'sftp',
    text,
    host: decoded(host.replace(/^\[|\]$/g, ''), text),
    port: Number(port),
    user: account === '' ? userInfo().username : decoded(account, text),
    path: folderOf(decoded(path, text)),
  };
}

/** `/~/x` is `x` below the home folder, where an SFTP session begins. Everything else is absolute. */
function folderOf(path: string): string {
  if (path === '/~' || path === '/~/') return '.';
  return path.startsWith('/~/') ? path.slice(3) : path;
}

/** Percent-encoding undone, byte by byte: a name need not be UTF-8. */
function decoded(part: string, text: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(part)) {
    throw new UsageError(`side ${JSON.stringify(text)}: a % that begins no percent-encoding: write %25 for it`);
  }
  const bytes = part
    .split(/(%[0-9a-fA-F]{2})/)
    .map((piece, at) => (at % 2 === 1 ? Buffer.from(piece.slice(1), 'hex') : Buffer.from(piece, 'utf8')));
  const name = nameOf(Buffer.concat(bytes));
  if (name.includes('\0')) throw new UsageError(`side ${JSON.stringify(text)}: %00 is allowed in no name`);
  return name;
}

/** Where ssh keeps a user's keys and the hosts it knows. */
export const sshFolder = (): string => `${homedir()}/.ssh`;
