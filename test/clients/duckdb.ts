// DuckDB as a user has it: installed with npm into an empty folder, and asked by a script on plain Node.
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command } from "../publish/install-packed.ts";

const duckdbPackage = "@duckdb/node-api@1.5.6-r.1";

/** @returns a temporary folder; whoever asked for it removes it */
export async function installDuckdb(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "beseda-duckdb-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await command("npm", ["install", "--no-audit", "--no-fund", duckdbPackage], folder);
  await writeFile(join(folder, "ask.mjs"), script);
  return folder;
}

/** @returns the rows of each query as JSON: integers of 64 bits and times are texts */
export async function askDuckdb(folder: string, queries: readonly string[]): Promise<Record<string, unknown>[][]> {
  return JSON.parse(await command(process.execPath, ["ask.mjs", ...queries], folder));
}

const script = `
import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create()).connect();
const answers = [];
for (const query of process.argv.slice(2)) answers.push((await connection.runAndReadAll(query)).getRowObjectsJson());
process.stdout.write(JSON.stringify(answers), () => process.exit());
`;
