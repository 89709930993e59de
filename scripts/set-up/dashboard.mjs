// The dashboard, built when its sources are not those it was built from.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, filesBelow, isDone, noteDone, pinnedNode, ROOT, runAlone } from './step.mjs';

const WEB = 'hub/web';

export function buildDashboard() {
  const digest = digestOf([...filesBelow(WEB, ['node_modules', 'dist']), 'pnpm-lock.yaml'], ROOT);
  if (isDone('dashboard', digest) && existsSync(join(ROOT, WEB, 'dist', 'index.html'))) return;
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const args = [vite, 'build', '--config', `${WEB}/vite.config.ts`, '--logLevel', 'warn'];
  runAlone('build the dashboard', pinnedNode(), args);
  noteDone('dashboard', digest);
}
