import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts', 'studio/**/*.test.ts'],
    globalSetup: 'tests/studio/globalSetup.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Pages and servers get as long as a busy machine needs; what is wrong stays wrong.
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 2,
  },
});
