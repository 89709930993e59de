/**
 * `pnpm faults`: the long campaigns, `*.campaign.ts` below test: kills, power cuts and outages by the hundred. It takes hours; arguments go
 * to vitest, so a part can be named: `pnpm faults test/faults`. Some of them need root, for loop devices.
 */
import { spawnSync } from 'node:child_process';

import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'test', 'campaign.config.ts');
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', config, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
