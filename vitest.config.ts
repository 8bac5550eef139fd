import { defineConfig } from "vitest/config";

/** In-process tests run the sources, so that an edit needs no build and a failure points at the line that was written. */
const fromSources = {
  resolve: { conditions: ["@aloha/source"] },
  ssr: { resolve: { conditions: ["@aloha/source"] } },
};

/** By default vitest leaves one core free, which is half of a small machine. */
const maxWorkers = 2;
/** Tests with real processes wait for them most of the time. */
const maxWaitingWorkers = 3;

export default defineConfig({
  test: {
    projects: [
      {
        ...fromSources,
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts"],
          exclude: ["packages/simulation/**", "**/node_modules/**", "**/dist/**"],
          testTimeout: 10_000,
          hookTimeout: 10_000,
          maxWorkers: maxWaitingWorkers,
        },
      },
      {
        ...fromSources,
        test: {
          name: "simulation",
          include: ["packages/simulation/test/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 10_000,
          maxWorkers,
        },
      },
      {
        // Real processes, which cannot run sources on Node 20: everything comes from dist, tests included.
        test: {
          name: "end-to-end",
          include: ["test/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: maxWaitingWorkers,
          server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
        },
      },
    ],
  },
});
