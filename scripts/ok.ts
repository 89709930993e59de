/**
 * The gate, `pnpm ok`: format and lint, types, then every test. The last line of output is the runner's own count,
 * `N passed, N failed`; a stage before the tests that fails counts as one failure, and so does a test that was skipped.
 *
 * Arguments go to vitest: `pnpm ok test/agent` runs the tests below that folder alone.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Counts, countOf, verdict } from './test-count.ts';

const root = dirname(import.meta.dirname);
const results = join(root, 'node_modules', '.cache', 'vigie', 'tests.json');
const bin = (path: string) => join(root, 'node_modules', path);

const checks: [name: string, args: string[]][] = [
  ['format and lint', [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']],
  ['promises', [bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings']],
  ['types', [bin('typescript/bin/tsc'), '-b']],
];

for (const [name, args] of checks) {
  if (stage(name, args) !== 0) end({ passed: 0, failed: 1, skipped: 0 });
}
rmSync(results, { force: true });
mkdirSync(dirname(results), { recursive: true });
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
const code = stage('tests', [bin('vitest/vitest.mjs'), 'run', ...reporters, ...process.argv.slice(2)]);
end(countOf(readResults(), code));

/** Runs one stage on this Node, its output going to ours; returns its exit code. */
function stage(name: string, args: string[]): number {
  const begin = performance.now();
  const { status, signal, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const how = status === 0 ? 'ok' : `failed (${error?.message ?? signal ?? `exit code ${status}`})`;
  process.stdout.write(`ok: ${name}: ${how}, ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
  return status ?? 1;
}

/** What the runner wrote; undefined when it ended before it could. */
function readResults(): unknown {
  try {
    return JSON.parse(readFileSync(results, 'utf8'));
  } catch (error) {
    process.stdout.write(`ok: read the runner's counts: ${(error as Error).message}\n`);
    return undefined;
  }
}

function end(counts: Counts): never {
  const { code: exitCode, lines } = verdict(counts);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exit(exitCode);
}
