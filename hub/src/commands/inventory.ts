import { gzipSync } from 'node:zlib';
import { INVENTORY_HEADER, inventoryEnd, inventoryLine } from '../check/inventory-file.ts';
import { SIDE_ARGUMENTS, SIDE_HELP, sideOptions } from '../check/options.ts';
import { openOutput } from '../check/output.ts';
import { showProgress } from '../check/progress.ts';
import { readSide } from '../check/read-side.ts';
import { parseSide, SIDES_ALLOWED } from '../check/side.ts';
import { entriesTo, nameAt } from '../report/side-sink.ts';
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

  const folders = new Map<string, { name: string; line: string }[]>();
  const progress = { name: 'side', folders: 0, entries: 0 };
  const stopProgress = showProgress([progress]);
  await readSide(
    side,
    options,
    progress,
    entriesTo((entry) => {
      const cut = nameAt(entry.path);
      const folder = entry.path.slice(0, cut);
      const lines = folders.get(folder) ?? [];
      folders.set(folder, lines);
      lines.push({ name: entry.path.slice(cut), line: inventoryLine(entry) });
    }),
    new AbortController().signal,
  ).finally(stopProgress);
  const chunks = [...inOrder(folders)];
  await output.write(values.output?.endsWith('.gz') ? [gzipSync(Buffer.concat(chunks))] : chunks);
  return EXIT.done;
}

/** What is in the order of folders and names is compared faster. */
function* inOrder(folders: Map<string, { name: string; line: string }[]>): Generator<Buffer> {
  yield Buffer.from(INVENTORY_HEADER);
  let entries = 0;
  for (const folder of [...folders.keys()].sort()) {
    const lines = folders.get(folder) ?? [];
    lines.sort((a, b) => (a.name < b.name ? -1 : 1));
    yield Buffer.from(lines.map(({ line }) => line).join(''));
    entries += lines.length;
  }
  yield Buffer.from(inventoryEnd(entries));
}
