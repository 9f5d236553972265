// What users get: the packages as they are packed, installed into an empty folder, and used there on plain Node.
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readWorkspace, root } from "../architecture/workspace.ts";
import { command, type Installed, installPacked, npmInstall } from "./install-packed.ts";

const { packages } = readWorkspace();
const names = packages.map(({ name }) => name);
const subpaths = packages.flatMap(({ name, exports }) =>
  Object.keys(exports).map((subpath) => name + subpath.slice(1)),
);
let installed: Installed;

beforeAll(async () => {
  // What @beseda/core/traces wants beside it.
  installed = await installPacked("@opentelemetry/api");
}, 300_000);

afterAll(() => rm(installed.folder, { recursive: true, force: true }));

describe("the published packages", () => {
  it.each(names)("%s has no complaint of publint", async (name) => {
    const tarball = await readFile(tarballOf(name));
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it.each(names)("%s has types that resolve", async (name) => {
    await command("attw", [tarballOf(name), "--profile", "esm-only"]);
  });

  it.each(names)("%s brings its README and its licence, and no sources", async (name) => {
    const files = await readdir(join(installed.folder, "node_modules", name));
    expect(files.sort()).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
  });

  it.each(subpaths)("%s is imported by plain Node", async (specifier) => {
    const script = `console.log(Object.keys(await import("${specifier}")).length)`;
    expect(Number(await inFolder(process.execPath, "--input-type=module", "--eval", script))).toBeGreaterThan(0);
  });

  it("have declarations that a strict consumer compiles, libraries checked, and so do the examples of their READMEs", async () => {
    const consumer = join(installed.folder, "consumer");
    await mkdir(consumer);
    const imports = subpaths.map((specifier, index) => `export * as all${index} from "${specifier}";`);
    await writeFile(join(consumer, "everything.ts"), imports.join("\n"));
    for (const { folder } of packages) {
      for (const [index, example] of (await examplesOf(folder)).entries()) {
        await writeFile(join(consumer, `${folder}-${index}.ts`), example);
      }
    }
    const compilerOptions = {
      target: "ES2023",
      module: "NodeNext",
      strict: true,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(root, "node_modules/@types")],
    };
    await writeFile(
      join(installed.folder, "tsconfig.json"),
      JSON.stringify({ compilerOptions, include: ["consumer"] }),
    );
    await command("tsc", ["-p", installed.folder]);
  }, 60_000);

  it("weigh little: core and providers are at most 7 packages and 11 MB, zod included", async () => {
    const folder = join(installed.folder, "light");
    await npmInstall(folder, [tarballOf("@beseda/core"), tarballOf("@beseda/providers")], ["zod"]);
    const { packages } = JSON.parse(await readFile(join(folder, "node_modules/.package-lock.json"), "utf8"));
    expect(Object.keys(packages).length).toBeLessThanOrEqual(7);
    expect(await megabytesOf(join(folder, "node_modules"))).toBeLessThanOrEqual(11);
  }, 60_000);

  it("bring a beseda command that says what it can do, and answers without a key", async () => {
    const beseda = join(installed.folder, "node_modules/.bin/beseda");
    expect(await inFolder(beseda, "--help")).toContain("chat");
    const memory = join(installed.folder, "memory");
    expect(await inFolder(beseda, "chat", "What is 21 * 2?", "--model", "offline", "--memory", memory)).toContain("42");
  }, 30_000);
});

function tarballOf(name: string): string {
  const fileName = `${name.slice(1).replace("/", "-")}-`;
  return installed.tarballs.find((path) => path.includes(fileName)) ?? fileName;
}

function inFolder(name: string, ...args: string[]): Promise<string> {
  return command(name, args, installed.folder);
}

async function megabytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0) / 1_000_000;
}

/** The TypeScript of a README, but for pieces of an example, which is checked itself. */
async function examplesOf(folder: string): Promise<string[]> {
  const readme = await readFile(join(root, "packages", folder, "README.md"), "utf8");
  return [...readme.matchAll(/(?<!<!-- from \S+ -->\n)```ts\n([\s\S]+?)```/g)].map(([, example = ""]) => example);
}
