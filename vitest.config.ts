import { defineConfig } from 'vitest/config';

const common = {
  exclude: ['**/node_modules/**', '**/dist/**', 'test/bench/**'],
  pool: 'forks' as const,
  testTimeout: 60_000,
  hookTimeout: 60_000,
};
/** Whole installations, and what happens to them: two at once on two cores would measure the machine, not the project. */
const WHOLE = [
  'test/e2e/**/*.test.ts',
  'test/faults/**/*.test.ts',
  'test/contracts/**/*.test.ts',
  'test/hardware/**/*.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: [...common.exclude, ...WHOLE],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...common, name: 'whole', include: WHOLE, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
