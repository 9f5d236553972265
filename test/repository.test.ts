// What must not be in the repository, and what every package.json must say.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./architecture/workspace.ts";

type Manifest = {
  version: string;
  engines?: unknown;
  files?: string[];
  exports?: Record<string, string>;
  publishConfig?: { exports?: Record<string, unknown> };
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
};

/** The oldest version with the fixes for what is known, and the first one that Node 20 cannot run. */
const floors: Record<string, { from: string; below?: string }> = {
  // 6.29 comes with the AI SDK, which is there for tests only; 8 does not run on Node 20.
  undici: { from: "6.29.1", below: "8.0.0" },
  hono: { from: "4.13.11" },
  "@hono/node-server": { from: "2.1.3" },
  "body-parser": { from: "2.2.1" },
  esbuild: { from: "0.25.0" },
  jsonwebtoken: { from: "9.0.0" },
  jws: { from: "4.0.1" },
  "path-to-regexp": { from: "8.4.0" },
  qs: { from: "6.14.1" },
  ws: { from: "8.17.1" },
};

/** By the name alone. */
const ignored = new RegExp(
  `^(${[".git", ...readFileSync(join(root, ".gitignore"), "utf8").trim().split("\n")].map(toPattern).join("|")})$`,
);
const lock = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
const packages = readdirSync(join(root, "packages")).map((folder) => join("packages", folder));

describe("the repository", () => {
  it("holds no path of anybody's machine", () => {
    expect(linesWith(/(?<![\w.:/-])\/(work|root|home|Users)\/[a-z]/)).toEqual([]);
    expect(linesWith(`${root}${sep}`)).toEqual([]);
    // The rule itself, on a line that would break it.
    expect(`cd ${["", "home", "somebody"].join("/")}`).toMatch(/(?<![\w.:/-])\/(work|root|home|Users)\/[a-z]/);
  });

  it("holds no address of a package registry, and its lock file no address at all", () => {
    expect(linesWith(/registry\.[a-z]+\.(org|com)/)).toEqual([]);
    expect(
      lock.split("\n").filter((line) => /tarball:|resolved:|:\/\//.test(line) && !/deprecated:/.test(line)),
    ).toEqual([]);
  });

  it("locks no version below the floor of what is known to be safe", () => {
    const locked = [...lock.matchAll(/^ {2}'?(@?[^@'\s]+)@(\d+\.\d+\.\d+)[^\n]*:$/gm)];
    expect(locked.length).toBeGreaterThan(100);
    const offences = locked.flatMap(([, name = "", version = ""]) => {
      const floor = floors[name];
      if (!floor) return [];
      const fits = compare(version, floor.from) >= 0 && (!floor.below || compare(version, floor.below) < 0);
      return fits
        ? []
        : [`pnpm-lock.yaml has ${name} ${version}: from ${floor.from} on, below ${floor.below ?? "any"}`];
    });
    expect(offences).toEqual([]);
    expect(compare("7.9.0", "7.30.2")).toBeLessThan(0);
    expect(compare("10.0.0", "9.9.9")).toBeGreaterThan(0);
  });

  it("pins every dependency to one version", () => {
    const offences = ["", ...packages].flatMap((folder) => {
      const { dependencies, devDependencies } = readManifest(folder);
      return Object.entries({ ...dependencies, ...devDependencies })
        .filter(([, range]) => !/^((npm:@?[^@]+@)?\d+\.\d+\.\d+|workspace:\*)$/.test(range))
        .map(([name, range]) => `${join(folder, "package.json")} has ${name} ${range}`);
    });
    expect(offences).toEqual([]);
  });

  it("publishes of every package just what its sources export, with declarations", () => {
    for (const folder of packages) {
      const { exports = {}, publishConfig } = readManifest(folder);
      const built = Object.entries(exports).map(([subpath, source]) => {
        const stem = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
        return [subpath, { types: `${stem}.d.ts`, default: `${stem}.js` }];
      });
      expect(publishConfig?.exports, folder).toEqual(Object.fromEntries(built));
    }
  });

  it("gives all packages one version, the same engines, a README and the licence", () => {
    const { version, engines } = readManifest("");
    for (const folder of packages) {
      expect(readManifest(folder), folder).toMatchObject({ version, engines, files: ["dist", "README.md", "LICENSE"] });
      expect(readFileSync(join(root, folder, "README.md"), "utf8"), folder).toMatch(/npm install .*@beseda\//);
    }
    expect(readFileSync(join(root, "LICENSE"), "utf8")).toContain("MIT License");
  });

  it("says in the README of every package to install what its code imports", () => {
    for (const folder of packages) {
      const readme = readFileSync(join(root, folder, "README.md"), "utf8");
      const installed = [...readme.matchAll(/npm install ([^\n`]+)/g)].flatMap(([, names = ""]) => names.split(" "));
      const imported = [...readme.matchAll(/from "(@beseda\/\w+|zod)/g)].map(([, name]) => name);
      expect(installed, folder).toEqual(expect.arrayContaining(imported));
    }
  });
});

/** `file:line` of every line of the repository in which something occurs. What .gitignore names is left out. */
function linesWith(wanted: RegExp | string): string[] {
  const found = (line: string) => (typeof wanted === "string" ? line.includes(wanted) : wanted.test(line));
  return [...filesIn(root)].flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line, index) => (found(line) ? [`${relative(root, path)}:${index + 1}`] : [])),
  );
}

function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (ignored.test(entry.name)) continue;
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

function toPattern(name: string): string {
  return name
    .replace(/^\/|\/$/g, "")
    .replaceAll(".", "\\.")
    .replaceAll("*", ".*");
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}

/** Negative where the first version is the older one. */
function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
