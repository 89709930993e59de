import { gzipSync } from 'node:zlib';
import { INVENTORY_HEADER, inventoryEnd, inventoryLine } from '../check/inventory-file.ts';
import { SIDE_ARGUMENTS, SIDE_HELP, sideOptions } from '../check/options.ts';
import { openOutput } from '../check/output.ts';
import { showProgress } from '../check/progress.ts';
import { readSide } from '../check/read-side.ts';
import { parseSide, SIDES_ALLOWED } from '../check/side.ts';
import { EXIT, parseCommand, UsageError } from './usage.ts';

const HELP = `Usage: vigie-hub inventory [options] SIDE

Writes what a side holds now as a saved inventory, which vigie-hub check takes for a side:
JSON lines, one entry each, between a first and a last line. SIDE is
${SIDES_ALLOWED}.

  -o, --output FILE       write it to a file instead of standard output, gzipped where
                          its name ends in .gz

${SIDE_HELP}

Exit codes: 0 done, 2 wrong use, 3 the side could not be read whole (nothing is written then).
`;

const LINES_A_CHUNK = 2000;

/** `vigie-hub inventory SIDE`: an inventory for later. */
export async function inventory(args: string[]): Promise<number> {
  const { values, positionals } = parseCommand('inventory', {
    args,
    allowPositionals: true,
    options: {
      ...SIDE_ARGUMENTS,
      output: { type: 'string', short: 'o' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  const [text] = positionals;
  if (text === undefined || positionals.length > 1) {
    throw new UsageError(`inventory: ${positionals.length} sides were given: one is needed, ${SIDES_ALLOWED}`);
  }
  const side = parseSide(text);
  const options = sideOptions(values, side.type === 'sftp');
  const output = openOutput(values.output);

  const chunks = [Buffer.from(INVENTORY_HEADER)];
  let lines: string[] = [];
  let entries = 0;
  const flush = () => {
    chunks.push(Buffer.from(lines.join('')));
    lines = [];
  };
  const progress = { name: 'side', folders: 0, entries: 0 };
  const stopProgress = showProgress([progress]);
  await readSide(
    side,
    options,
    progress,
    (entry) => {
      entries += 1;
      if (lines.push(inventoryLine(entry)) >= LINES_A_CHUNK) flush();
    },
    new AbortController().signal,
  ).finally(stopProgress);
  lines.push(inventoryEnd(entries));
  flush();
  await output.write(values.output?.endsWith('.gz') ? [gzipSync(Buffer.concat(chunks))] : chunks);
  return EXIT.done;
}
