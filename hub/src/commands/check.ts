import { compareSides } from '../check/compare-sides.ts';
import { SIDE_ARGUMENTS, SIDE_HELP, sideOptions } from '../check/options.ts';
import { openOutput } from '../check/output.ts';
import { showProgress } from '../check/progress.ts';
import { reportChunks } from '../check/report-chunks.ts';
import { parseSide, SIDES_ALLOWED } from '../check/side.ts';
import { unmatchedCount } from '../report/figures.ts';
import { EXPORT_FORMATS } from '../report/format.ts';
import { EXIT, parseCommand, UsageError } from './usage.ts';

const FORMATS = ['summary', ...EXPORT_FORMATS] as const;

const HELP = `Usage: vigie-hub check [options] LEFT RIGHT

Compares two sides and says what is matched, missing, extra, differing, corrupt and
unreadable. LEFT is the source of truth; RIGHT is the place that should hold the same.

A side is ${SIDES_ALLOWED}.
Spaces and other characters of an SFTP path may be written as %20; a % is written %25.

Result:
      --format FORMAT     ${FORMATS.join(', ')} (default: summary)
      --output FILE       write it to a file instead of standard output
      --json              the same as --format json

${SIDE_HELP}

Symbolic links, pipes and devices in a directory are named as unreadable: they hold no
picture. Files that end in .part are uploads under way at an SFTP destination, and are left out there.

combined is the form of rclone check --combined:
  = path  matched              + path  missing at the destination
  * path  differing, corrupt   - path  extra at the destination
  ! path  unreadable

Exit codes: 0 in sync, 1 differences, 2 wrong use, 3 a side could not be read whole
(nothing is written then).
`;

/** `vigie-hub check LEFT RIGHT`: a report without a running hub. */
export async function check(args: string[]): Promise<number> {
  const { values, positionals } = parseCommand('check', {
    args,
    allowPositionals: true,
    options: {
      ...SIDE_ARGUMENTS,
      format: { type: 'string' },
      json: { type: 'boolean' },
      output: { type: 'string', short: 'o' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const format = formatOf(values.format, values.json);
  const [leftText, rightText] = positionals;
  if (leftText === undefined || rightText === undefined || positionals.length > 2) {
    throw new UsageError(
      `check: ${positionals.length} sides were given: two are needed, LEFT and RIGHT; each is ${SIDES_ALLOWED}`,
    );
  }
  const left = parseSide(leftText);
  const right = parseSide(rightText);
  const options = sideOptions(values, left.type === 'sftp' || right.type === 'sftp');
  const output = openOutput(values.output);

  const startedAt = Date.now();
  const progress = {
    left: { name: 'source', folders: 0, entries: 0 },
    right: { name: 'destination', folders: 0, entries: 0 },
  };
  const stopProgress = showProgress([progress.left, progress.right]);
  const needs = { matchedPaths: format === 'combined' };
  const result = await compareSides(left, right, options, progress, needs).finally(stopProgress);
  await output.write([...reportChunks(format, result, { startedAt, completedAt: Date.now() })]);
  return unmatchedCount(result.figures) === 0 ? EXIT.done : EXIT.differences;
}

function formatOf(name: string | undefined, json: boolean | undefined): (typeof FORMATS)[number] {
  if (json && name !== undefined && name !== 'json')
    throw new UsageError(`--json and --format ${name}: one is allowed`);
  if (json) return 'json';
  const format = FORMATS.find((known) => known === (name ?? 'summary'));
  if (format === undefined) {
    throw new UsageError(`--format ${JSON.stringify(name)}: not known: allowed are ${FORMATS.join(', ')}`);
  }
  return format;
}
