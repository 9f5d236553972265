// pnpm bench [--rounds N]: what an agent of ours costs, as a ratio to a hand-written undici loop that does the same work.
// Both run as users run them: the packed packages on plain Node, each contestant and the mock server in its own process.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import ts from "typescript";
import { installPacked } from "../publish/install-packed.ts";
import { type ScenarioName, scenarios } from "./contestant.ts";
import { printTable, type Row } from "./print-table.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "11" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number from 1 on.");

const contestants = ["hand-written", "beseda"] as const;
type Name = (typeof contestants)[number];
type Measure = (name: Name) => Promise<number>;

console.log("Building, packing and installing the packages…");
const { folder } = await installPacked("zod", "undici");
const children: ChildProcess[] = [];
try {
  const scripts = await compileInto(join(folder, "bench"));
  const server = start(scripts, "mock-server");
  const [baseURL] = await once(server, "message");
  const workers: Record<Name, ChildProcess> = {
    "hand-written": start(scripts, "worker", "hand-written", baseURL),
    beseda: start(scripts, "worker", "beseda", baseURL),
  };
  await Promise.all(Object.values(workers).map((worker) => once(worker, "message")));

  const rows: Row[] = [];
  for (const name of Object.keys(scenarios) as ScenarioName[]) {
    const measure: Measure = (contestant) => cpuOf(workers[contestant], name);
    for (let warmUp = 0; warmUp < 3; warmUp += 1) await inTurn(warmUp, measure);
    rows.push({ title: scenarios[name].title, unit: "µs", ...(await interleaved(measure)) });
  }
  const measure: Measure = (contestant) => coldStart(scripts, contestant, baseURL);
  rows.push({ title: "process start → first text", unit: "ms", ...(await interleaved(measure)) });
  printTable(rows, rounds);
} finally {
  for (const child of children) child.disconnect();
  await rm(folder, { recursive: true });
}

/** One value of each per round, so that a ratio compares neighbours in time. */
async function interleaved(measure: Measure): Promise<{ reference: number[]; ours: number[] }> {
  const reference: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const taken = await inTurn(round, measure);
    reference.push(taken["hand-written"]);
    ours.push(taken.beseda);
  }
  return { reference, ours };
}

/** Only one works at a time; who begins alternates. */
async function inTurn(round: number, measure: Measure): Promise<Record<Name, number>> {
  const taken = { "hand-written": 0, beseda: 0 };
  for (const name of round % 2 === 0 ? contestants : contestants.toReversed()) taken[name] = await measure(name);
  return taken;
}

async function cpuOf(worker: ChildProcess, scenario: ScenarioName): Promise<number> {
  worker.send(scenario);
  const settled = new AbortController();
  const { signal } = settled;
  const [outcome] = await Promise.race([once(worker, "message", { signal }), once(worker, "exit", { signal })]);
  settled.abort();
  if (!worker.connected) throw new Error(`A worker ended in the scenario ${scenario}.`);
  return outcome;
}

async function coldStart(scripts: string, contestant: Name, baseURL: string): Promise<number> {
  const begin = performance.now();
  const child = spawn(process.execPath, [join(scripts, "cold-start.js"), contestant, baseURL], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), exit]);
  const milliseconds = performance.now() - begin;
  const [exitCode] = await exit;
  if (exitCode !== 0) throw new Error(`${contestant} ended with ${exitCode} at its cold start.`);
  return milliseconds;
}

function start(scripts: string, script: string, ...args: string[]): ChildProcess {
  const child = fork(join(scripts, `${script}.js`), args, { execArgv: [] });
  children.push(child);
  return child;
}

/** The files of this folder as JavaScript, beside the installed packages. */
async function compileInto(folder: string): Promise<string> {
  await mkdir(folder);
  for (const name of await readdir(import.meta.dirname)) {
    const source = await readFile(join(import.meta.dirname, name), "utf8");
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    await writeFile(join(folder, name.replace(/\.ts$/, ".js")), outputText);
  }
  return folder;
}
