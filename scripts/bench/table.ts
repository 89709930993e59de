import { cpus, totalmem, version } from 'node:os';
import type { BenchRow } from './row.ts';

const HEAD = ['what', 'Vigie', 'peer', 'ratio', 'goal', 'met'];

/** The rows as a Markdown table, its columns in line so that it reads on a terminal too. */
export function table(rows: BenchRow[]): string {
  const cells = rows.map(({ what, unit, ours, peer, goal, met }) => [
    what,
    `${figure(ours)} ${unit}`,
    peer ? `${figure(peer.value)} ${unit} (${peer.name})` : '—',
    peer ? `${(ours / peer.value).toFixed(2)} ×` : '—',
    goal,
    met ? 'yes' : '**no**',
  ]);
  const widths = HEAD.map((title, i) => Math.max(title.length, ...cells.map((row) => (row[i] as string).length)));
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join(' | ')} |`;
  return [line(HEAD), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

/** The page `docs/performance.md`. */
export function page(rows: BenchRow[], date: string): string {
  const cpu = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(1);
  return `# Performance

Written by \`pnpm bench\`. Figures with a peer are the median of several runs, ours and theirs in turn on the same machine;
those of slow links, memory and the agent with a million assets are of one run. Peers' figures have their start in them; the delivering agent is up already.

- Date: ${date}
- Machine: ${cpu[0]?.model ?? 'unknown processor'}, ${cpu.length} cores, ${memory} GiB memory
- Kernel: ${version()}
- Node: ${process.version}

${table(rows)}
`;
}

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2));
