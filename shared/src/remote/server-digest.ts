import type { SshConnection } from './ssh-connection.ts';

/** Lets the server digest its own files, so that their bytes need not come back over the link. */
export type ServerDigest = {
  /** SHA-256 of a file, 64 hexadecimal digits; undefined where the server cannot tell: then the bytes have to be read back. */
  of(connection: SshConnection, path: string, size: number): Promise<string | undefined>;
  /** Can this server do it? Undefined until it was asked. */
  readonly offered: boolean | undefined;
};

/** A smaller file comes back sooner than a program starts. */
const BYTES_MIN = 1024 * 1024;
/** No disk of a server is slower. */
const BYTES_PER_MS_MIN = 5_000;
/** SHA-256 of nothing. Source: FIPS 180-4. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * By `sha256sum` in the account's shell, where there is one. Whether there is one is asked once, with a digest that is known: an account
 * that is for SFTP alone answers anything to a command.
 */
export function createServerDigest(stallMs: number): ServerDigest {
  let offered: Promise<boolean> | undefined;
  let told: boolean | undefined;

  const digestIn = ({ code, output }: { code: number | null; output: string }): string | undefined =>
    code === 0 ? /^([0-9a-f]{64}) /.exec(output)?.[1] : undefined;

  async function ask(connection: SshConnection): Promise<boolean> {
    try {
      // By a command of its own: what is no shell ends at the end of its input, and does not wait for more.
      told = digestIn(await connection.run('sha256sum < /dev/null', stallMs)) === EMPTY;
      return told;
    } catch {
      // A refusal is an answer for good; a lost connection says nothing about the server.
      if (connection.lost()) offered = undefined;
      else told = false;
      return false;
    }
  }

  return {
    get offered() {
      return told;
    },
    async of(connection, path, size) {
      const name = shellName(path);
      if (size < BYTES_MIN || name === undefined) return undefined;
      offered ??= ask(connection);
      if (!(await offered)) return undefined;
      try {
        const shell = await connection.shell();
        return digestIn(await shell.run(`sha256sum < ${name}`, stallMs + size / BYTES_PER_MS_MIN));
      } catch (error) {
        if (connection.lost()) throw error;
        return undefined;
      }
    },
  };
}

/** A path as every shell takes it; undefined where shells differ. One that a program could take for an option is no danger behind `<`. */
function shellName(path: string): string | undefined {
  return /^[^'\\!\p{Cc}]+$/u.test(path) ? `'${path}'` : undefined;
}
