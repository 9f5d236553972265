// The test command: types, lint and the quick tests, or with --long the long tests. Its last line counts them all.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Count = { passed: number; failed: number };

/** What vitest's JSON reporter writes, as far as it is read here. */
type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
};

const args = process.argv.slice(2).filter((argument) => argument !== "--");
const long = args[0] === "--long";
const counts = long
  ? [await vitest(["--mode", "long", ...args.slice(1)])]
  : [await check("tsc", ["--noEmit"]), await check("biome", ["check", "."]), await vitest(args)];

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** A check counts as one test. */
async function check(command: string, args: string[]): Promise<Count> {
  console.log(`> ${command} ${args.join(" ")}`);
  return (await run(command, args)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
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
    return { passed: 0, failed: 1 };
  }
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + brokenFiles.length;
  // No test found, an error outside of any test and the like fail without a failed test.
  return { passed: report.numPassedTests, failed: exitCode === 0 ? failed : Math.max(failed, 1) };
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
