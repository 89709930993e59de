import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { replaceFile } from '@vigie/shared/kit/durable';
import { isSystemError, VigieError } from '@vigie/shared/kit/errors';
import { identifier } from '@vigie/shared/protocol/asset';
import { hashPassword, isPasswordHash, verifyPassword } from './password.ts';

/** Who may enter the embedded broker. A device's account has the device's name; the hub's is `hub`. */
export const ROLES = ['device', 'operator', 'hub'] as const;
export type Role = (typeof ROLES)[number];
export type Account = { name: string; role: Role };

export type Accounts = {
  /**
   * The account, if the password is right; undefined for a wrong password and for an unknown name alike, after the same
   * time. Throws `broker-busy` (retryable), or `config` when the file cannot be used.
   */
  verify(name: string, password: string): Promise<Account | undefined>;
  /** The account of this name, and a mark that changes with its password. */
  find(name: string): Promise<(Account & { mark: string }) | undefined>;
};

export type AccountsFile = Accounts & {
  list(): Promise<Account[]>;
  /** Adds an account; throws `conflict` when the name is taken. */
  add(account: Account, password: string): Promise<void>;
  /** Removes an account; false when there was none. Its live connection is ended by the broker within seconds. */
  remove(name: string): Promise<boolean>;
};

type Line = Account & { hash: string };

/**
 * Accounts in a file, one a line: `name:role:scrypt$N$r$p$salt$hash`; empty lines and lines that begin with `#` are passed over.
 * A missing file has no accounts. It is read again when it has changed, and written whole and durably, readable by its
 * owner alone; two writers at once are not foreseen.
 */
export function openAccounts(file: string): AccountsFile {
  let read: { mark: string; lines: Map<string, Line> } | undefined;
  // A password that was right once is known again by its HMAC under a key of this process: devices that return
  // together after an outage do not have to wait for hundreds of slow hashes.
  const key = randomBytes(32);
  const known = new Map<string, Buffer>();
  let decoy: Promise<string> | undefined;

  const lines = async (): Promise<Map<string, Line>> => {
    const mark = await markOf(file);
    if (read?.mark !== mark)
      read = { mark, lines: mark === '' ? new Map() : parse(file, await readFile(file, 'utf8')) };
    return read.lines;
  };
  const write = async (accounts: Iterable<Line>) => {
    const text = [...accounts].map(({ name, role, hash }) => `${name}:${role}:${hash}\n`).join('');
    await replaceFile(file, Buffer.from(text), 0o600);
    read = undefined;
  };

  return {
    async verify(name, password) {
      const line = (await lines()).get(name);
      if (!line) {
        decoy ??= hashPassword(randomBytes(16).toString('hex'));
        await verifyPassword(password, await decoy);
        return undefined;
      }
      const proof = createHmac('sha256', key).update(`${line.hash}\0${password}`).digest();
      const before = known.get(name);
      if (!(before && timingSafeEqual(before, proof))) {
        if (!(await verifyPassword(password, line.hash))) return undefined;
        known.set(name, proof);
      }
      return { name: line.name, role: line.role };
    },
    async find(name) {
      const line = (await lines()).get(name);
      return line && { name: line.name, role: line.role, mark: line.hash };
    },
    async list() {
      return [...(await lines()).values()].map(({ name, role }) => ({ name, role }));
    },
    async add({ name, role }, password) {
      const problem = faultOf(name, role);
      if (problem) throw new VigieError('config', `add the account ${JSON.stringify(name)}: ${problem}`);
      const present = await lines();
      if (present.has(name)) {
        throw new VigieError('conflict', `add the account "${name}": the name is taken; remove that account first`);
      }
      const line = { name, role, hash: await hashPassword(password) };
      await write([...present.values(), line]);
    },
    async remove(name) {
      const present = await lines();
      if (!present.has(name)) return false;
      await write([...present.values()].filter((line) => line.name !== name));
      known.delete(name);
      return true;
    },
  };
}

function parse(file: string, text: string): Map<string, Line> {
  const lines = new Map<string, Line>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [name = '', role = '', hash = '', ...rest] = line.split(':');
    const problem =
      faultOf(name, role) ??
      (rest.length > 0 || !isPasswordHash(hash) ? 'name:role:scrypt$N$r$p$salt$hash is allowed' : undefined) ??
      (lines.has(name) ? `the name "${name}" is taken by an earlier line` : undefined);
    if (problem) throw new VigieError('config', `${file}:${index + 1}: ${problem}`);
    lines.set(name, { name, role: role as Role, hash });
  }
  return lines;
}

function faultOf(name: string, role: string): string | undefined {
  if (!identifier.safeParse(name).success) return 'a name of 1 to 32 characters of a-z, 0-9 and - is allowed';
  if (!(ROLES as readonly string[]).includes(role)) return `a role is allowed: ${ROLES.join(', ')}`;
  if ((name === 'hub') !== (role === 'hub')) return 'the name "hub" belongs to the role hub, and to it alone';
  return undefined;
}

/** Changes whenever the file does; empty when there is none. */
async function markOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw new VigieError('config', `read the accounts file ${JSON.stringify(file)}`, { cause: error });
  }
}
