// pnpm bench [--rounds N]: what an agent of ours costs, as a ratio to a hand-written undici loop that does the same work.
// Both run as users run them: the packed packages on plain Node, each contestant and the mock server in its own process.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import ts from "typescript";
import { installPacked } from "../publish/install-packed.ts";
import { type ContestantName, files } from "./contestant.ts";
import { printTable, type Row } from "./print-table.ts";
import { type Figure, type Scenario, type ScenarioName, scenarios } from "./scenarios.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "11" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number from 1 on.");
/** A process for each takes its time. */
const freshRounds = Math.min(rounds, 5);

type Name = ContestantName;
const contestants = Object.keys(files) as Name[];
type Measure = (name: Name) => Promise<number[]>;

console.log("Building, packing and installing the packages…");
const { folder } = await installPacked("zod", "undici");
const children: ChildProcess[] = [];
try {
  const scripts = await compileInto(join(folder, "bench"));
  const server = start(scripts, "mock-server");
  const [baseURL] = await once(server, "message");
  const newWorker = async (name: Name) => {
    const worker = start(scripts, "worker", name, baseURL);
    await once(worker, "message");
    return worker;
  };
  const workers: Record<Name, ChildProcess> = {
    "hand-written": await newWorker("hand-written"),
    beseda: await newWorker("beseda"),
  };

  const rows: Row[] = [];
  for (const name of Object.keys(scenarios) as ScenarioName[]) {
    const { figures, isFresh }: Scenario = scenarios[name];
    const inOwnProcess: Measure = async (contestant) => {
      const worker = await newWorker(contestant);
      const taken = await valuesOf(worker, name);
      worker.disconnect();
      return taken;
    };
    const measure: Measure = isFresh ? inOwnProcess : (contestant) => valuesOf(workers[contestant], name);
    if (!isFresh) for (let warmUp = 0; warmUp < 3; warmUp += 1) await inTurn(warmUp, measure);
    rows.push(...(await interleaved(figures, isFresh ? freshRounds : rounds, measure)));
  }
  const measure: Measure = async (contestant) => [await coldStart(scripts, contestant, baseURL)];
  rows.push(...(await interleaved([{ title: "process start → first text", unit: "ms" }], rounds, measure)));
  printTable(rows, rounds, freshRounds);
} finally {
  for (const child of children) if (child.connected) child.disconnect();
  await rm(folder, { recursive: true });
}

/** One value of each figure per round, so that a ratio compares neighbours in time. */
async function interleaved(figures: readonly Figure[], times: number, measure: Measure): Promise<Row[]> {
  const rows: Row[] = figures.map((figure) => ({ ...figure, reference: [], ours: [] }));
  for (let round = 0; round < times; round += 1) {
    const taken = await inTurn(round, measure);
    for (const [index, row] of rows.entries()) {
      row.reference.push(taken["hand-written"][index] ?? Number.NaN);
      row.ours.push(taken.beseda[index] ?? Number.NaN);
    }
  }
  return rows;
}

/** Only one works at a time; who begins alternates. */
async function inTurn(round: number, measure: Measure): Promise<Record<Name, number[]>> {
  const taken: Record<Name, number[]> = { "hand-written": [], beseda: [] };
  for (const name of round % 2 === 0 ? contestants : contestants.toReversed()) taken[name] = await measure(name);
  return taken;
}

async function valuesOf(worker: ChildProcess, scenario: ScenarioName): Promise<number[]> {
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
    if (!/\.m?[jt]s$/.test(name)) continue;
    const source = await readFile(join(import.meta.dirname, name), "utf8");
    await writeFile(join(folder, name.replace(/\.ts$/, ".js")), name.endsWith(".ts") ? compiled(source) : source);
  }
  return folder;
}

function compiled(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  return outputText;
}
