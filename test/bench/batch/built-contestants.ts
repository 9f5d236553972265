// Builds what is measured as users have it: plain JavaScript. Run from its sources it would pay for what tsx adds to each function.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Beside the packages that stay outside of the bundles, so that they are found. */
const place = fileURLToPath(new URL("../../../packages/jobs/node_modules/.bench-", import.meta.url));

export async function builtContestants<Name extends string>(
  names: readonly Name[],
): Promise<{ pathOf(name: Name): string; remove(): void }> {
  const folder = mkdtempSync(place);
  await build({
    entryPoints: names.map((name) => fileURLToPath(new URL(`${name}-batch.ts`, import.meta.url))),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    external: ["libsql"],
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  return {
    pathOf: (name) => join(folder, `${name}-batch.mjs`),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
