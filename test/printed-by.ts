// Runs a block of TypeScript of a README, and gives what it prints.
import { transformSync } from "esbuild";

type Block = (
  load: (name: string) => Promise<object>,
  console: { log(...values: unknown[]): void },
  ...given: unknown[]
) => Promise<void>;

/** `given`: what the block uses of those before it, by name. */
export async function printedBy(typescript: string, given: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { code } = transformSync(typescript, { loader: "ts", target: "es2023" });
  const body = code.replace(/^import (\{[^}]*\}) from ("[^"]+");$/gm, "const $1 = await load($2);");
  const AsyncFunction = (async () => {}).constructor as new (...source: string[]) => Block;
  const lines: string[] = [];
  const log = (...values: unknown[]) => lines.push(values.map(written).join(" "));
  const block = new AsyncFunction("load", "console", ...Object.keys(given), body);
  await block((name) => import(name), { log }, ...Object.values(given));
  return lines.join("\n");
}

function written(value: unknown): string {
  return typeof value === "string" ? value : String(JSON.stringify(value));
}
