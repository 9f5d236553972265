// Runs a block of TypeScript of a README, and gives what it prints.
import { transformSync } from "esbuild";

type Block = (load: (name: string) => Promise<object>, console: { log(...values: unknown[]): void }) => Promise<void>;

export async function printedBy(typescript: string): Promise<string> {
  const { code } = transformSync(typescript, { loader: "ts", target: "es2023" });
  const body = code.replace(/^import (\{[^}]*\}) from ("[^"]+");$/gm, "const $1 = await load($2);");
  const AsyncFunction = (async () => {}).constructor as new (...source: string[]) => Block;
  const lines: string[] = [];
  const log = (...values: unknown[]) => lines.push(values.map(written).join(" "));
  const block = new AsyncFunction("load", "console", body);
  await block((name) => import(name), { log });
  return lines.join("\n");
}

function written(value: unknown): string {
  return typeof value === "string" ? value : String(JSON.stringify(value));
}
