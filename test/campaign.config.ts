import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The long campaigns; see `scripts/faults.ts`. */
export default defineConfig({
  root: dirname(import.meta.dirname),
  test: {
    include: ['test/**/*.campaign.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
