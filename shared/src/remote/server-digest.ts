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
/** A server at which the first question was answered by the loss of the connection so often is not asked again. */
const LOST_ASKING_MAX = 2;
/** What digests its input and prints 64 digits first: the first with the processor's own instructions, five times as fast where it has them. */
const PROGRAMS = ['openssl dgst -sha256 -r', 'sha256sum'];
/** SHA-256 of nothing. Source: FIPS 180-4. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * By the protocol's own request, where the server has it: the first one tells. Else by a program in the account's shell, where there is one. Whether there is one is asked once, with a digest that is known: an account
 * that is for SFTP alone answers anything to a command.
 */
export function createServerDigest(stallMs: number): ServerDigest {
  let offered: Promise<string | undefined> | undefined;
  let told: boolean | undefined;

  const digestIn = ({ code, output }: { code: number | null; output: string }): string | undefined =>
    code === 0 ? /^([0-9a-f]{64}) /.exec(output)?.[1] : undefined;

  /** `check-file` of SFTP itself. A server that has it answers the first request; one without it is not asked again. */
  let hasCheckFile: boolean | undefined;
  let lostAsking = 0;
  async function byProtocol(connection: SshConnection, path: string, size: number): Promise<string | undefined> {
    // Meanwhile such a server may answer nothing else, and must not pass for a stalled one.
    if (hasCheckFile === false || size > stallMs * BYTES_PER_MS_MIN) return undefined;
    try {
      const channel = await connection.checkFile();
      const digest = await channel.digest(path, stallMs);
      hasCheckFile ??= digest !== undefined;
      if (hasCheckFile) told = true;
      else channel.close();
      return digest;
    } catch (error) {
      const isLost = connection.lost() !== undefined;
      if (isLost) lostAsking += 1;
      // It may be the question that ends the connection.
      if (!isLost || lostAsking >= LOST_ASKING_MAX) hasCheckFile ??= false;
      if (isLost) throw error;
      return undefined;
    }
  }

  async function ask(connection: SshConnection): Promise<string | undefined> {
    try {
      for (const program of PROGRAMS) {
        // By a command of its own: what is no shell ends at the end of its input, and does not wait for more.
        told = digestIn(await connection.run(`${program} < /dev/null`, stallMs)) === EMPTY;
        if (told) return program;
      }
    } catch {
      // A refusal is an answer for good; a lost connection says nothing about the server.
      if (connection.lost()) offered = undefined;
      else told = false;
    }
    return undefined;
  }

  return {
    get offered() {
      return told;
    },
    async of(connection, path, size) {
      const found = await byProtocol(connection, path, size);
      const name = shellName(path);
      if (found !== undefined || size < BYTES_MIN || name === undefined) return found;
      offered ??= ask(connection);
      const program = await offered;
      if (program === undefined) return undefined;
      try {
        const shell = await connection.shell();
        return digestIn(await shell.run(`${program} < ${name}`, stallMs + size / BYTES_PER_MS_MIN));
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
