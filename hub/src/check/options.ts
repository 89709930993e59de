import { existsSync } from 'node:fs';
import { KINDS, type Kind } from '@vigie/shared/protocol/asset';
import { UsageError } from '../commands/usage.ts';
import type { ReportFilter } from '../report/filter.ts';
import { sshFolder } from './side.ts';

/** How sides are read: shared by the commands that read them. */
export type SideOptions = {
  identityFile: string | undefined;
  passwordFile: string | undefined;
  knownHosts: string;
  /** Hash the files of directories and SFTP folders. */
  digest: boolean;
  filter: ReportFilter;
};

/** The same options on the command line, in the form of `parseArgs`. */
export const SIDE_ARGUMENTS = {
  identity: { type: 'string', short: 'i' },
  'known-hosts': { type: 'string' },
  'password-file': { type: 'string' },
  digest: { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  kind: { type: 'string', multiple: true },
  path: { type: 'string' },
} as const;

export const SIDE_HELP = `Reading sides:
  -i, --identity FILE     private key for SFTP, in OpenSSH's format
                          (else ~/.ssh/id_ed25519, id_ecdsa or id_rsa)
      --known-hosts FILE  host keys that are trusted, in OpenSSH's format
                          (else ~/.ssh/known_hosts); a server not in it is refused
      --password-file FILE  a file whose first line is the SFTP password
      --digest            read every file of directories and SFTP folders and compare
                          SHA-256 where both sides know it (an SFTP server that can
                          hashes by itself); otherwise name, location and size count
      --from DAY, --to DAY  only day folders YYYYMMDD from and to these, both included
      --kind KIND         only this kind: ${KINDS.join(', ')}; may be repeated
      --path PREFIX       only paths that begin so`;

type Values = {
  identity?: string | undefined;
  'known-hosts'?: string | undefined;
  'password-file'?: string | undefined;
  digest?: boolean | undefined;
  from?: string | undefined;
  to?: string | undefined;
  kind?: string[] | undefined;
  path?: string | undefined;
};

/** Checks what was given. `needsSsh`: one side at least is an SFTP address, so that a way to sign in must be there. */
export function sideOptions(values: Values, needsSsh: boolean): SideOptions {
  const fromDay = dayOf('--from', values.from);
  const toDay = dayOf('--to', values.to);
  if (fromDay !== undefined && toDay !== undefined && fromDay > toDay) {
    throw new UsageError(`--from ${fromDay} --to ${toDay}: the first day is after the last: it must not be`);
  }
  const given = (option: string, file: string | undefined): string | undefined => {
    if (file === undefined || existsSync(file)) return file;
    throw new UsageError(`${option} ${JSON.stringify(file)}: there is no such file: name one that can be read`);
  };
  const passwordFile = given('--password-file', values['password-file']);
  let identityFile = given('--identity', values.identity);
  const knownHosts = given('--known-hosts', values['known-hosts']) ?? `${sshFolder()}/known_hosts`;
  if (needsSsh) {
    if (identityFile === undefined && passwordFile === undefined) identityFile = ownIdentity();
    given('--known-hosts', knownHosts);
  }
  return {
    identityFile,
    passwordFile,
    knownHosts,
    digest: values.digest ?? false,
    filter: { fromDay, toDay, kinds: (values.kind ?? []).flatMap(kindsOf), pathPrefix: values.path },
  };
}

function ownIdentity(): string {
  const candidates = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `${sshFolder()}/${name}`);
  const found = candidates.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new UsageError(
    `an SFTP side: no key is in ${JSON.stringify(sshFolder())}: give --identity FILE or --password-file FILE`,
  );
}

function dayOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined || /^\d{8}$/.test(text)) return text;
  throw new UsageError(`${option} ${JSON.stringify(text)}: not a day: YYYYMMDD is allowed`);
}

function kindsOf(text: string): Kind[] {
  return text.split(',').map((name) => {
    const kind = KINDS.find((known) => known === name);
    if (kind === undefined) throw new UsageError(`--kind ${JSON.stringify(name)}: allowed are ${KINDS.join(', ')}`);
    return kind;
  });
}
