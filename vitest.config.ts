import { defineConfig } from 'vitest/config';

/** Folders whose tests start real programs: servers, browsers, whole service processes. */
const system = ['test/integration/**/*.test.ts', 'test/acceptance/**/*.test.ts', 'test/faults/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: system, testTimeout: 20_000 },
      },
      {
        test: {
          name: 'system',
          include: system,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
