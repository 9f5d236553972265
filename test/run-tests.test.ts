// What the ends of logs tell: of the test command, and of CI, which runs it twice. What they start is played by scripts.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { root } from "./architecture/workspace.ts";
import { startProgram } from "./fakes/beseda-command.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "beseda-run-tests-"));
  mkdirSync(join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** In the PATH before everything else. */
function program(name: string, script: string): void {
  const path = join(folder, "bin", name);
  writeFileSync(path, script);
  chmodSync(path, 0o755);
}

/** Writes this report, where there is one. */
function vitestThat({ exitCode, report }: { exitCode: number; report?: object }): void {
  const path = `process.argv.find((argument) => argument.startsWith("--outputFile.json=")).split("=")[1]`;
  const write = report ? `require("node:fs").writeFileSync(${path}, ${JSON.stringify(JSON.stringify(report))});\n` : "";
  program("vitest", `#!/usr/bin/env node\n${write}process.exitCode = ${exitCode};\n`);
}

async function endOf(command: string, args: string[]): Promise<{ exitCode: number | null; lines: string[] }> {
  const PATH = `${join(folder, "bin")}${delimiter}${process.env.PATH}`;
  const { child, ended } = startProgram(command, args, { PATH, TMPDIR: folder });
  child.stdin?.end();
  const { exitCode, out } = await ended;
  return { exitCode, lines: out.trimEnd().split("\n") };
}

const testCommand = (...args: string[]) =>
  endOf(process.execPath, ["--import", "tsx", join(root, "test", "run-tests.ts"), ...args]);

const passing = { status: "passed", ancestorTitles: [], title: "holds", failureMessages: [] };

it("the test command ends with what failed, by file and full name with the first line of why, and then the count", async () => {
  const failing = {
    status: "failed",
    ancestorTitles: ["", "a queue"],
    title: "keeps its order",
    failureMessages: ["\u001b[31mAssertionError\u001b[39m: expected 1 to be 2\n    at here:1:1", "Error: another"],
  };
  vitestThat({
    exitCode: 1,
    report: {
      numPassedTests: 2,
      numFailedTests: 1,
      testResults: [
        { name: join(root, "a.test.ts"), status: "failed", message: "", assertionResults: [passing, failing] },
        { name: join(root, "b.test.ts"), status: "failed", message: "Cannot find\nit", assertionResults: [] },
        { name: join(root, "c.test.ts"), status: "passed", message: "", assertionResults: [passing] },
      ],
    },
  });
  expect(await testCommand("--long")).toEqual({
    exitCode: 1,
    lines: [
      "failed: a.test.ts > a queue > keeps its order: AssertionError: expected 1 to be 2",
      "failed: b.test.ts: Cannot find",
      "2 passed, 2 failed",
    ],
  });
});

it("the test command says which check failed, and that the tests ended badly though none failed", async () => {
  program("tsc", "#!/bin/sh\nexit 2\n");
  program("biome", "#!/bin/sh\n");
  const testResults = [{ name: "c.test.ts", status: "passed", message: "", assertionResults: [passing] }];
  vitestThat({ exitCode: 1, report: { numPassedTests: 1, numFailedTests: 0, testResults } });
  const { exitCode, lines } = await testCommand();
  expect(exitCode).toBe(1);
  expect(lines.slice(-3)).toEqual([
    "failed: tsc --noEmit",
    "failed: vitest: it ended with 1, though no test failed",
    "2 passed, 2 failed",
  ]);
});

it("the test command says so where the tests ended without a report, and nothing where all is well", async () => {
  vitestThat({ exitCode: 1 });
  const unreported = ["failed: vitest: it ended without a report", "0 passed, 1 failed"];
  expect(await testCommand("--long")).toEqual({ exitCode: 1, lines: unreported });
  const testResults = [{ name: "c.test.ts", status: "passed", message: "", assertionResults: [passing] }];
  vitestThat({ exitCode: 0, report: { numPassedTests: 1, numFailedTests: 0, testResults } });
  expect(await testCommand("--long")).toEqual({ exitCode: 0, lines: ["1 passed, 0 failed"] });
});

it("CI repeats what failed in both halves before its own count, and counts a half without a last line", async () => {
  // Nothing is installed for this test.
  for (const name of ["apt-get", "redis-server"]) program(name, "#!/bin/sh\n");
  const quick = "failed: no end of a log\nmore\nfailed: a.test.ts > a: 1\nfailed: a.test.ts > b: 2\n8 passed, 2 failed";
  const halves = (long: string) =>
    program(
      "npx",
      `#!/bin/sh\nif [ "$3" = test ]; then printf '${quick}\\nELIFECYCLE\\n'; else printf '${long}\\n'; fi\nexit 1\n`,
    );
  const ci = async () => {
    const { exitCode, lines } = await endOf("bash", [join(root, ".ci", "run")]);
    return { exitCode, lines: lines.slice(lines.indexOf("ELIFECYCLE") + 1) };
  };
  halves("failed: c.test.ts > c: 3\\n5 passed, 1 failed\\nELIFECYCLE");
  const { exitCode, lines } = await ci();
  expect(exitCode).toBe(1);
  expect(lines.slice(-4)).toEqual([
    "failed: a.test.ts > a: 1",
    "failed: a.test.ts > b: 2",
    "failed: c.test.ts > c: 3",
    "13 passed, 3 failed",
  ]);
  halves("Killed");
  expect((await ci()).lines).toEqual([
    "Killed",
    "failed: a.test.ts > a: 1",
    "failed: a.test.ts > b: 2",
    "8 passed, 3 failed",
  ]);
});
