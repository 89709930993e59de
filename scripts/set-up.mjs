#!/usr/bin/env node
// Sets up what is missing, on any Node from 20 on and with no dependency, since nothing is installed yet:
// Debian packages, npm packages on the pinned Node, the built agent and dashboard. Does nothing where nothing is missing.
//
//   node scripts/set-up.mjs [run|test]    run (the default): what the programs need; test: what the tests need too
import { pathToFileURL } from 'node:url';
import { buildAgent } from './set-up/agent.mjs';
import { buildDashboard } from './set-up/dashboard.mjs';
import { installDebianPackages } from './set-up/debian.mjs';
import { installNodePackages } from './set-up/node-packages.mjs';
import { SetUpError } from './set-up/step.mjs';

/** @param {'run' | 'test' | 'package' | 'image'} purpose */
export function setUp(purpose) {
  installDebianPackages(purpose);
  installNodePackages();
  buildAgent();
  buildDashboard();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const purpose = process.argv[2] ?? 'run';
  if (purpose !== 'run' && purpose !== 'test') {
    process.stderr.write(`set up for "${purpose}": "run" or "test" is allowed\n`);
    process.exitCode = 2;
  } else {
    try {
      setUp(purpose);
    } catch (error) {
      if (!(error instanceof SetUpError)) throw error;
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 3;
    }
  }
}
