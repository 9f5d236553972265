// The test command: types, lint and the quick tests, or with --long the long tests. Its last lines name what failed, a line
// each with “failed: ” in front; the very last one counts them all.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** `failures`: what a line each says. */
type Count = { passed: number; failed: number; failures: string[] };

/** What vitest's JSON reporter writes, as far as it is read here. */
type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  /** `name`: its path. */
  testResults: { name: string; status: string; message: string; assertionResults: VitestResult[] }[];
};

type VitestResult = { status: string; ancestorTitles: string[]; title: string; failureMessages: string[] };

const args = process.argv.slice(2).filter((argument) => argument !== "--");
const long = args[0] === "--long";
const counts = long
  ? [await vitest(["--mode", "long", ...args.slice(1)])]
  : [await check("tsc", ["--noEmit"]), await check("biome", ["check", "."]), await vitest(args)];

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
for (const failure of counts.flatMap(({ failures }) => failures)) console.log(`failed: ${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** A check counts as one test. */
async function check(command: string, args: string[]): Promise<Count> {
  const line = [command, ...args].join(" ");
  console.log(`> ${line}`);
  return (await run(command, args)) === 0 ? { passed: 1, failed: 0, failures: [] } : failedAtAll(line);
}

async function vitest(args: string[]): Promise<Count> {
  const folder = mkdtempSync(join(tmpdir(), "beseda-test-"));
  const report = join(folder, "report.json");
  try {
    const exitCode = await run("vitest", [
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
      ...args,
    ]);
    return countTests(exitCode, report);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function countTests(exitCode: number, reportPath: string): Count {
  let report: VitestReport;
  try {
    report = JSON.parse(readFileSync(reportPath, "utf8"));
  } catch {
    return failedAtAll("vitest: it ended without a report");
  }
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + brokenFiles.length;
  const failures = report.testResults.flatMap(failuresIn);
  if (exitCode === 0) return { passed: report.numPassedTests, failed, failures };
  // No test found, an error outside of any test and the like fail without a failed test.
  if (failures.length === 0) failures.push(`vitest: it ended with ${exitCode}, though no test failed`);
  return { passed: report.numPassedTests, failed: Math.max(failed, 1), failures };
}

function failuresIn({ name, status, message, assertionResults }: VitestReport["testResults"][number]): string[] {
  const file = relative(process.cwd(), name);
  const failures = assertionResults
    .filter((test) => test.status === "failed")
    .map(({ ancestorTitles, title, failureMessages }) => {
      const names = [file, ...ancestorTitles.filter((name) => name !== ""), title];
      return `${names.join(" > ")}: ${firstLine(failureMessages.join("\n"))}`;
    });
  // It cannot be loaded, or what is done around its tests has failed.
  if (failures.length === 0 && status === "failed") failures.push(`${file}: ${firstLine(message)}`);
  return failures;
}

function failedAtAll(failure: string): Count {
  return { passed: 0, failed: 1, failures: [failure] };
}

function firstLine(message: string): string {
  const lines = stripVTControlCharacters(message).split("\n");
  return lines.find((line) => line.trim() !== "")?.trim() ?? "see above";
}

/** Commands are found in the PATH that the package manager sets for scripts. A command killed by a signal has failed. */
function run(command: string, args: string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", shell: process.platform === "win32" });
    child.on("error", (error) => {
      console.error(`${command} cannot be started: ${error.message}. Use "npx -y pnpm@10 test", which installs it.`);
      resolve(1);
    });
    child.on("close", (exitCode) => resolve(exitCode ?? 1));
  });
}
