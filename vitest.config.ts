// Which tests there are. `vitest run` takes the quick ones, `vitest run --mode long` those that build, pack and install.
import { defineConfig } from "vitest/config";

const long = "test/**/*.long.test.ts";

export default defineConfig(({ mode }) => ({
  test: {
    include: mode === "long" ? [long] : ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: mode === "long" ? [] : [long],
    setupFiles: ["test/seed.ts"],
    pool: "forks",
    maxWorkers: 2,
  },
}));
