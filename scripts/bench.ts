/**
 * `pnpm bench`: how fast and how small, with a peer beside it, written to `docs/performance.md`. It takes some minutes and wants a
 * machine that does nothing else. A part can be named: `pnpm bench upload`.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BenchRow } from './bench/row.ts';
import { page, table } from './bench/table.ts';

/** Each part's function, in `test/bench/PART.ts`. */
const PARTS = {
  upload: 'benchUpload',
  check: 'benchCheck',
  'watched-folder': 'benchWatchedFolder',
  inventory: 'benchInventory',
  idle: 'benchIdle',
};
type Part = Record<string, () => Promise<BenchRow[]>>;

const names = process.argv.slice(2);
const unknown = names.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  process.stderr.write(`bench "${unknown.join(' ')}": one of ${Object.keys(PARTS).join(', ')} is allowed\n`);
  process.exit(2);
}

const root = dirname(import.meta.dirname);
const rows: BenchRow[] = [];
for (const [name, measure] of Object.entries(PARTS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  process.stdout.write(`bench: ${name} …\n`);
  // Loaded when it is its turn; the tests' own folder is no part of the scripts.
  const part = (await import(join(root, 'test', 'bench', `${name}.ts`))) as Part;
  rows.push(...((await part[measure]?.()) ?? []));
}
process.stdout.write(`${table(rows)}\n`);
// A part alone would make a page with holes.
if (names.length === 0) {
  const file = join(root, 'docs', 'performance.md');
  writeFileSync(file, page(rows, new Date().toISOString().slice(0, 10)));
  process.stdout.write(`written to ${file}\n`);
}
process.exit(rows.every(({ met }) => met) ? 0 : 1);
