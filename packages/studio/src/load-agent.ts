// The agent of a module that the user names: JavaScript, or TypeScript by way of tsx.
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Agent, BesedaError, describeThrown } from "@beseda/core";

const example = "Such as: export const agent = new Agent({ name: …, model: …, tools: [ … ] });";

/**
 * The module's default export, or what it exports as `agent`.
 * @throws BesedaError `invalid-argument` for a file that is not there, that fails to load or that exports no agent
 */
export async function loadAgent(file: string): Promise<Agent> {
  const path = resolve(file);
  if (!existsSync(path) || statSync(path).isDirectory()) {
    throw new BesedaError(existsSync(path) ? `${file} is a directory.` : `There is no file ${file}.`, {
      code: "invalid-argument",
      hint: `--agent names a module that exports an agent. ${example}`,
    });
  }
  const module = await load(path, file);
  // What is CommonJS comes wrapped, as the default.
  const wrapped = (module.default ?? {}) as Module;
  const agent = [module.default, module.agent, wrapped.default, wrapped.agent].find(isAgent);
  if (agent) return agent;
  const names = Object.keys(module);
  throw new BesedaError(`${file} exports no agent${names.length > 0 ? `, but ${names.join(", ")}` : ""}.`, {
    code: "invalid-argument",
    hint: `Export it as default or as “agent”. ${example}`,
  });
}

type Module = Record<string, unknown>;

async function load(path: string, file: string): Promise<Module> {
  try {
    if (/\.[cm]?tsx?$/.test(path)) await readTypeScript(path);
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    if (isUnreadableHere(cause)) {
      throw new BesedaError(`${file} is TypeScript, or imports some, which this Node.js does not read.`, {
        code: "missing-setting",
        hint: "Install tsx beside it (npm install tsx), compile it to JavaScript, or use Node.js 22.18 or newer.",
        cause,
      });
    }
    throw new BesedaError(`${file} cannot be loaded: ${describeThrown(cause)}`, {
      code: "invalid-argument",
      hint: "Correct the file; --verbose shows where it comes from.",
      cause,
    });
  }
}

/**
 * By tsx, where it is installed beside the agent: it registers itself. Beforehand, since a file that could not be read
 * once is not read again. Where there is none, Node may read it by itself, as from 22.18 on.
 */
async function readTypeScript(path: string): Promise<void> {
  let tsx: string;
  try {
    tsx = createRequire(path).resolve("tsx");
  } catch {
    return;
  }
  await import(pathToFileURL(tsx).href);
}

function isUnreadableHere(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ERR_UNKNOWN_FILE_EXTENSION";
}

/** By its shape: it may have been made by another copy of the package. */
function isAgent(value: unknown): value is Agent {
  if (typeof value !== "object" || value === null) return false;
  const { name, stream, generate } = value as Partial<Agent>;
  return typeof name === "string" && typeof stream === "function" && typeof generate === "function";
}
