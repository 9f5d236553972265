// Builds and packs the packages and installs them with npm into an empty folder: what a user gets.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export type Installed = {
  /** Temporary; whoever asked for it removes it. */
  folder: string;
  /** Paths of the packed packages. */
  tarballs: string[];
};

const root = join(import.meta.dirname, "../..");

/** `others` are installed beside ours, in the versions that the root pins. */
export async function installPacked(...others: string[]): Promise<Installed> {
  await pnpm("run", "build");
  const folder = await mkdtemp(join(tmpdir(), "beseda-packages-"));
  const packed = join(folder, "packed");
  await pnpm("--recursive", "--filter", "./packages/*", "pack", "--pack-destination", packed);
  const tarballs = (await readdir(packed)).map((name) => join(packed, name));
  await npmInstall(folder, tarballs, others);
  return { folder, tarballs };
}

/** Into a folder that may be there already. */
export async function npmInstall(folder: string, tarballs: string[], others: string[]): Promise<void> {
  const { devDependencies } = await rootManifest();
  const pinned = others.map((name) => `${name}@${devDependencies[name]}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await command("npm", ["install", "--no-audit", "--no-fund", ...tarballs, ...pinned], folder);
}

/** Throws with everything that the command wrote. */
export async function command(name: string, args: string[], cwd = root): Promise<string> {
  try {
    return (await promisify(execFile)(name, args, { cwd })).stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${name} ${args.join(" ")}: ${error}\n${stdout}${stderr}`);
  }
}

/** The pnpm that package.json names, however this was started. */
async function pnpm(...args: string[]): Promise<void> {
  const { packageManager } = await rootManifest();
  await command("npx", ["-y", packageManager.replace(/\+.*/, ""), ...args]);
}

async function rootManifest(): Promise<{ packageManager: string; devDependencies: Record<string, string> }> {
  return JSON.parse(await readFile(join(root, "package.json"), "utf8"));
}
