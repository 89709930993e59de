import { test } from 'vitest';
import { killTheEngine } from './watched-folder-kills.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

test(`60 kills at random moments lose no file and do none twice (SEED=${SEED})`, { timeout: 180_000 }, () =>
  killTheEngine(60, SEED),
);
