/**
 * `pnpm sim`: simulates random histories of a whole site, 10,000 of them unless told, on as many processes as there are processors. The
 * last line is `N passed, N failed`; each seed that fails is told with the end of its history.
 *
 *   pnpm sim --seeds 500 --from 20001      other seeds
 *   pnpm sim --seed 17                     one of them alone, with the end of its trace
 *   pnpm sim --seeds 20 --bug receipt-early   a bug put in on purpose: seeds must fail
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

const command = join(dirname(import.meta.dirname), 'test', 'sim', 'command.ts');
const { status } = spawnSync(process.execPath, [command, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
