// Which tests there are. `vitest run` takes the quick ones, `vitest run --mode long` those that build, pack and install.
import { defineConfig } from "vitest/config";

const long = "test/**/*.long.test.ts";

export default defineConfig(({ mode }) => ({
  test: {
    include: mode === "long" ? [long] : ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: mode === "long" ? [] : [long],
    setupFiles: ["test/seed.ts", "test/patience.ts"],
    // Against hanging. How fast something is, is no claim of a test unless it says so.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    pool: "forks",
    maxWorkers: 2,
  },
}));
