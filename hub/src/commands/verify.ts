import { createReadStream, existsSync } from 'node:fs';
import { messageOf, VigieError } from '@vigie/shared/kit/errors';
import { createAgainst, foldersOf, type Held } from '../certificate/against.ts';
import { readPublicKey } from '../certificate/key.ts';
import { verdictJson, verdictText } from '../certificate/verdict.ts';
import { type Verified, verifyCertificate } from '../certificate/verify.ts';
import { SIDE_ARGUMENTS, type SideOptions, sideOptions } from '../check/options.ts';
import { openOutput } from '../check/output.ts';
import { showProgress } from '../check/progress.ts';
import { readSide } from '../check/read-side.ts';
import { parseSide, SIDES_ALLOWED, type Side } from '../check/side.ts';
import { entriesTo } from '../report/side-sink.ts';
import { EXIT, parseCommand, UsageError } from './usage.ts';

const HELP = `Usage: vigie-hub verify [options] CERTIFICATE

Checks a completeness certificate: its form, its signature, its roots and every leaf. It
needs neither a hub nor a network. With --against it names every asset of the day that a
side holds altered, holds no more, or holds beside what was certified.

      --key FILE          the hub's public key (PEM), from a place that you trust; without it
                          the certificate is held against the key that it names itself
      --against SIDE      ${SIDES_ALLOWED}
      --digest            read every file of a directory or an SFTP folder and compare
                          SHA-256 (an SFTP server that can hashes by itself); a saved
                          inventory is compared by the digests that it has
  -i, --identity FILE     private key for SFTP, in OpenSSH's format
      --known-hosts FILE  host keys that are trusted, in OpenSSH's format
      --password-file FILE  a file whose first line is the SFTP password
      --json              the result as JSON
  -o, --output FILE       write it to a file instead of standard output

Exit codes: 0 sound, 1 altered (the certificate, or the side), 2 wrong use, 3 the
certificate or the side could not be read whole (nothing is written then).
`;

/** `vigie-hub verify CERTIFICATE`: what was altered, by the certificate alone. */
export async function verify(args: string[]): Promise<number> {
  const { values, positionals } = parseCommand('verify', {
    args,
    allowPositionals: true,
    options: {
      identity: SIDE_ARGUMENTS.identity,
      'known-hosts': SIDE_ARGUMENTS['known-hosts'],
      'password-file': SIDE_ARGUMENTS['password-file'],
      digest: SIDE_ARGUMENTS.digest,
      key: { type: 'string' },
      against: { type: 'string' },
      json: { type: 'boolean' },
      output: { type: 'string', short: 'o' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    throw new UsageError(`verify: ${positionals.length} certificates were given: one is needed`);
  }
  const { against, key, ...given } = values;
  if (key !== undefined && !existsSync(key)) {
    throw new UsageError(`--key ${JSON.stringify(key)}: there is no such file: name one that can be read`);
  }
  const side = against === undefined ? undefined : parseSide(against);
  const options = side && sideOptions(given, side.type === 'sftp');
  const output = openOutput(values.output);
  const trusted = key === undefined ? undefined : readPublicKey(key);

  const verified = await read(file, trusted);
  const held = side && options && verified.header ? await readAgainst(side, options, verified) : undefined;
  const verdict = { verified, isKeyTrusted: trusted !== undefined, held, side: against };
  await output.write([Buffer.from(values.json ? verdictJson(verdict) : verdictText(verdict))]);
  return verified.faults.length + (held?.differences.length ?? 0) === 0 ? EXIT.done : EXIT.differences;
}

async function read(file: string, trusted: string | undefined): Promise<Verified> {
  try {
    return await verifyCertificate(createReadStream(file), trusted);
  } catch (error) {
    if (error instanceof VigieError) throw error;
    throw new VigieError('certificate', `read certificate ${JSON.stringify(file)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Of a side only the folders that the day's assets lie in are read, where these are days. */
async function readAgainst(side: Side, options: SideOptions, { header, leaves, remarks }: Verified): Promise<Held> {
  const certified = { header: header as NonNullable<typeof header>, leaves, remarks };
  const folders = foldersOf(certified.header, leaves);
  const filter = folders ? { fromDay: folders.from, toDay: folders.to } : {};
  const comparison = createAgainst(certified);
  const progress = { name: 'side', folders: 0, entries: 0 };
  const stopProgress = showProgress([progress]);
  const sink = entriesTo(comparison.tell);
  await readSide(side, { ...options, filter }, progress, sink, new AbortController().signal).finally(stopProgress);
  return comparison.finish();
}
