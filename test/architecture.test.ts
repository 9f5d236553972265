// The rules of the structure, each proved on the repository and each seen to fail on a small offence.
import { describe, expect, it } from "vitest";
import * as content from "./architecture/content-rules.ts";
import * as imports from "./architecture/import-rules.ts";
import { parseSource } from "./architecture/source.ts";
import { type Package, readSources, readWorkspace, type Workspace } from "./architecture/workspace.ts";

type Case = { rule: imports.Rule; offences: Files[]; allowed: Files };

/** Path → text. */
type Files = Record<string, string>;

const cases: Record<string, Case> = {
  "packages form a star around core": {
    rule: imports.packagesFormAStar,
    offences: [
      { "packages/core/src/a.ts": 'import type { Calculator } from "@beseda/tools";' },
      { "packages/tools/src/a.ts": 'export type Model = import("@beseda/providers/offline").Model;' },
      { "packages/memory/src/a.ts": 'import "../../core/src/index.ts";' },
      { "packages/new/src/a.ts": 'import "@beseda/core";' },
      { "examples/a.ts": 'const core = await import("../packages/core/src/index.ts");' },
      { "packages/core/src/http/a.ts": 'import "../../../../test/fakes/fake-clock.ts";' },
    ],
    allowed: {
      "packages/studio/src/a.ts": 'import "@beseda/tools"; import "@beseda/core"; import "./b.ts";',
      "packages/core/src/http/a.test.ts": 'import "../../../../test/fakes/fake-clock.ts";',
    },
  },
  "what a package does not export cannot be imported": {
    rule: imports.onlyDeclaredSubpaths,
    offences: [
      { "packages/tools/src/a.ts": 'import { post } from "@beseda/core/src/http/request.ts";' },
      { "examples/a.ts": 'import { offline } from "@beseda/providers";' },
    ],
    allowed: { "examples/a.ts": 'import { offline } from "@beseda/providers/offline"; import "@beseda/core";' },
  },
  "inside jobs imports go down": {
    rule: imports.jobsImportsGoDown,
    offences: [
      { "packages/jobs/src/datasets/a.ts": 'import "../batches/batch.ts";' },
      { "packages/jobs/src/batches/a.ts": 'import type { Engine } from "../engines/local/local-engine.ts";' },
      { "packages/jobs/src/new/a.ts": 'import "../worker/worker.ts";' },
    ],
    allowed: { "packages/jobs/src/batches/a.ts": 'import "../datasets/index.ts"; import "./part/b.ts";' },
  },
  "inside core imports go down": {
    rule: imports.coreImportsGoDown,
    offences: [
      { "packages/core/src/tool/a.ts": 'import type { Agent } from "../agent/agent.ts";' },
      { "packages/core/src/message.ts": 'import "./errors.ts";' },
      { "packages/core/src/http/a.ts": 'import { addUsage } from "../message.ts";' },
      { "packages/core/src/agent/a.ts": 'export { post } from "../http/request.ts";' },
      { "packages/core/src/ports/a.ts": 'import "../testing/index.ts";' },
      { "packages/core/src/new/a.ts": 'import "../errors.ts";' },
    ],
    allowed: {
      "packages/core/src/agent/a.ts": 'import "../ports/memory.ts"; import "./b.ts"; import "../errors.ts";',
      "packages/core/src/agent/a.test.ts": 'import "../testing/index.ts";',
      "packages/core/src/http/a.ts": 'import { type Usage } from "../message.ts";',
      "packages/core/src/testing/a.ts": 'import "../agent/agent.ts";',
    },
  },
  "no imports go in a circle, those of types included": {
    rule: imports.noImportCycles,
    offences: [
      {
        "packages/core/src/a.ts": 'import type { B } from "./b.ts";',
        "packages/core/src/b.ts": 'export type B = import("./a.ts").A;',
      },
      {
        "packages/core/src/index.ts": 'import "@beseda/tools";',
        "packages/tools/src/index.ts": 'import "./a.ts";',
        "packages/tools/src/a.ts": 'import "@beseda/core";',
      },
    ],
    allowed: {
      "packages/core/src/a.ts": 'import "./b.ts"; import "./c.ts";',
      "packages/core/src/b.ts": 'import "./c.ts";',
      "packages/core/src/c.ts": "",
    },
  },
  "each library has one door": {
    rule: imports.oneDoorPerLibrary,
    offences: [
      { "packages/core/src/agent/a.ts": 'import { Agent } from "undici";' },
      {
        "packages/core/src/agent/b.ts":
          'import { createRequire } from "node:module"; createRequire(import.meta.url)("eventemitter3");',
      },
      { "packages/core/src/tool/a.ts": 'await import("zod-to-json-schema");' },
      { "packages/memory/src/a.ts": 'import "lowdb/node";', "packages/memory/src/b.ts": 'import "lowdb";' },
      { "packages/channels/src/telegram/a.ts": 'import type { Bot } from "grammy";' },
    ],
    allowed: {
      "packages/core/src/http/a.ts": 'import "undici";',
      "packages/core/src/http/b.ts": 'import "undici";',
      "packages/core/src/agent/a.test.ts": 'import "undici";',
      "examples/06-telegram.ts": 'import "grammy";',
    },
  },
  "every import is declared by the package that makes it": {
    rule: imports.importsAreDeclared,
    offences: [
      { "packages/core/src/a.ts": 'import { z } from "zod";' },
      { "packages/core/src/a.ts": 'import fs from "fs";' },
      { "packages/core/src/a.ts": "await import(name);" },
      { "packages/core/src/a.test.ts": 'import "left-pad";' },
      { "examples/a.ts": 'const need = createRequire(import.meta.url); need.resolve("left-pad");' },
    ],
    allowed: {
      "packages/core/src/a.ts": 'import "undici"; import "node:fs"; import "./b.ts";',
      "packages/core/src/a.test.ts": 'import { z } from "zod";',
      "examples/a.ts": 'import "zod";',
    },
  },
  "every declared dependency is imported": {
    rule: imports.dependenciesAreImported,
    offences: [{ "packages/core/src/a.ts": "" }, { "packages/core/src/a.test.ts": 'import "undici";' }],
    allowed: { "packages/core/src/a.ts": 'export type { Dispatcher } from "undici";' },
  },
  "only the studio, …FromEnv functions and examples read the environment": {
    rule: content.environmentIsReadByFew,
    offences: [
      { "packages/core/src/a.ts": "const key = process.env.KEY;" },
      { "packages/core/src/a.ts": 'const key = process["env"].KEY;' },
      { "packages/core/src/a.ts": "const { env } = process;" },
      { "packages/core/src/a.ts": 'import { env } from "node:process";' },
    ],
    allowed: {
      "packages/studio/src/a.ts": "process.env.KEY;",
      "packages/providers/src/a.ts": "export function openaiFromEnv(env = process.env) { return process.env.KEY; }",
      "packages/core/src/a.ts": "process.on('exit', () => {}); const env = {}; env.process;",
      "examples/a.ts": "process.env.KEY;",
    },
  },
  "exports are named": {
    rule: content.noExportStar,
    offences: [
      { "packages/core/src/index.ts": 'export * from "./message.ts";' },
      { "packages/core/src/index.ts": 'export type * as messages from "./message.ts";' },
    ],
    allowed: { "packages/core/src/index.ts": 'export { type A, b } from "./message.ts"; export const c = 1;' },
  },
  "no code is made at run time": {
    rule: content.noMadeUpCode,
    offences: [
      { "packages/tools/src/a.ts": "eval(expression);" },
      { "packages/tools/src/a.ts": "(0, eval)(expression);" },
      { "packages/tools/src/a.ts": "globalThis.eval(expression);" },
      { "packages/tools/src/a.ts": 'new Function("a", "return a");' },
      { "packages/tools/src/a.ts": 'const make = Function; make("return 1");' },
      { "packages/tools/src/a.ts": 'import { runInNewContext } from "node:vm";' },
    ],
    allowed: { "packages/tools/src/a.ts": "evaluate(parse(text)); const type: Function | undefined = undefined;" },
  },
  "names of files and folders say something": {
    rule: content.namesSaySomething,
    offences: [
      { "packages/core/src/utils.ts": "" },
      { "packages/core/src/agent/types.test.ts": "" },
      { "packages/core/src/shared/message.ts": "" },
      { "packages/core/src/agentLoop.ts": "" },
    ],
    allowed: { "packages/core/src/tool/json-schema.test.ts": "", "examples/01-hello.ts": "" },
  },
  "a file has at most 300 lines": {
    rule: content.filesAreShort,
    offences: [{ "packages/core/src/a.ts": "a;\n".repeat(301) }],
    allowed: { "packages/core/src/a.ts": "a;\n".repeat(300), "packages/core/src/a.test.ts": "a;\n".repeat(400) },
  },
};

const sample: Workspace = {
  packages: [
    samplePackage("core", { ".": "./src/index.ts", "./http": "./src/http/index.ts" }, ["undici"]),
    samplePackage("tools", { ".": "./src/index.ts" }),
    samplePackage("memory", { ".": "./src/index.ts" }),
    samplePackage("providers", { "./offline": "./src/offline/index.ts" }),
    samplePackage("channels", { "./console": "./src/console/index.ts" }),
    samplePackage("studio", { ".": "./src/index.ts" }),
    samplePackage("new", { ".": "./src/index.ts" }),
  ],
  rootDependencies: ["zod"],
};

describe("the structure", () => {
  const sources = readSources();
  const workspace = readWorkspace();

  for (const [claim, { rule, offences, allowed }] of Object.entries(cases)) {
    it(claim, () => {
      expect(rule(sources, workspace)).toEqual([]);
    });
    it(`${claim}: an offence is told with its file`, () => {
      for (const offence of offences) {
        const told = judge(rule, offence);
        expect(told, JSON.stringify(offence)).toHaveLength(1);
        expect(told[0]).toMatch(/^(packages|examples)\/\S+\.(ts|json):? .{10}/);
      }
      expect(judge(rule, allowed)).toEqual([]);
    });
  }

  it("providers and channels have subpaths only", () => {
    expect(imports.noRootExport(sources, workspace)).toEqual([]);
    const channels = samplePackage("channels", { ".": "./src/index.ts" });
    expect(imports.noRootExport([], { packages: [channels], rootDependencies: [] })).toEqual([
      'packages/channels/package.json exports ".": channels has subpaths only',
    ]);
  });

  it("sees imports in every form that the language has", () => {
    const text = [
      'import a from "a"; import "b"; import type { C } from "c"; import { type D, type E } from "d";',
      'export { f } from "f"; export type { G } from "g"; export * from "h"; import i = require("i");',
      'type J = typeof import("j"); await import("k"); await import(`l`); await import("m" + n);',
      'const load = createRequire(import.meta.url); load("o"); load.resolve("p"); import.meta.resolve("q"); require("r");',
      'const text = "import \'no\'"; // import "no"',
    ].join("\n");
    const seen = parseSource("packages/core/src/a.ts", text).imports;
    expect(seen.map(({ specifier, typeOnly }) => `${specifier}${typeOnly ? " (types)" : ""}`)).toEqual(
      "a|b|c (types)|d (types)|f|g (types)|h|i|j (types)|k|l|undefined|o|p|q|r".split("|"),
    );
  });
});

function judge(rule: imports.Rule, files: Files): string[] {
  const sources = Object.entries(files).map(([path, text]) => parseSource(path, text));
  return rule(sources, sample);
}

function samplePackage(folder: string, exports: Record<string, string>, dependencies: string[] = []): Package {
  return { folder, name: `@beseda/${folder}`, exports, dependencies };
}
