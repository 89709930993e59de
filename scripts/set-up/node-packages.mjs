// npm packages, as the lockfile names them, with add-ons built for the pinned Node.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, isDone, noteDone, pinnedNode, pinnedNodeFolder, ROOT, run, runAlone } from './step.mjs';

const PNPM = 'pnpm@12.21.0';
const INPUTS = [
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'scripts/set-up/patches/ssh2@1.17.0.patch',
  'package.json',
  'agent/package.json',
  'hardware/package.json',
  'hub/package.json',
  'hub/web/package.json',
  'shared/package.json',
];

export function installNodePackages() {
  const digest = digestOf(INPUTS, PNPM, process.arch, ROOT);
  if (isDone('node-packages', digest) && existsSync(pinnedNode())) return;
  runAlone(
    'install npm packages',
    'npx',
    ['--yes', '--loglevel=error', PNPM, 'install', '--frozen-lockfile', '--loglevel=error'],
    {
      ...withoutNpm(process.env),
      // Without it an add-on is built for the Node that runs npm, and says so only when it is loaded.
      npm_config_nodedir: pinnedNodeFolder(),
      // No question can be answered here.
      CI: 'true',
    },
  );
  run('load the add-ons', pinnedNode(), [join(ROOT, 'scripts', 'set-up', 'load-add-ons.mjs')]);
  noteDone('node-packages', digest);
}

/** `npm start` tells its children about itself and its log level; pnpm would take both for its own settings. */
function withoutNpm(env) {
  const mine = /^npm_(lifecycle|package|command|execpath|node_execpath|config_(loglevel|user_agent|node_gyp))/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !mine.test(name)));
}
