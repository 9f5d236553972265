// The packages of the repository and their files, read from the disk, and what an import between them leads to.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { parseSource, type Source } from "./source.ts";

export type Workspace = {
  packages: Package[];
  /** What tests, examples and the root's own scripts may import. */
  rootDependencies: string[];
};

export type Package = {
  /** Its folder under `packages/`. */
  folder: string;
  name: string;
  /** Subpath → source file: `{ ".": "./src/index.ts" }`. */
  exports: Record<string, string>;
  dependencies: string[];
};

type Manifest = {
  name: string;
  exports?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
};

export const root = join(import.meta.dirname, "../..");

export function readWorkspace(): Workspace {
  const packages = readdirSync(join(root, "packages")).map((folder): Package => {
    const manifest = readManifest(join("packages", folder));
    const { name, exports = {}, dependencies, peerDependencies } = manifest;
    return { folder, name, exports, dependencies: Object.keys({ ...dependencies, ...peerDependencies }) };
  });
  return { packages, rootDependencies: Object.keys(readManifest(".").devDependencies ?? {}) };
}

export function readSources(): Source[] {
  const folders = [
    ...readdirSync(join(root, "packages")).map((folder) => `packages/${folder}/src`),
    "examples",
    "test",
  ];
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => posix.join(folder, path.split(sep).join("/")))
        .map((path) => parseSource(path, readFileSync(join(root, path), "utf8"))),
    );
}

/** The package that a file belongs to; undefined for examples, tests and the rest. */
export function packageOf(path: string, { packages }: Workspace): Package | undefined {
  return packages.find(({ folder }) => path.startsWith(`packages/${folder}/`));
}

/** `@beseda/core/http` → the package and `./http`; undefined for anything that is not ours. */
export function ourTarget(specifier: string, { packages }: Workspace): { to: Package; subpath: string } | undefined {
  const to = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  return to && { to, subpath: `.${specifier.slice(to.name.length)}` };
}

/** The file of ours that an import leads to. */
export function targetPath(from: string, specifier: string, workspace: Workspace): string | undefined {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  const ours = ourTarget(specifier, workspace);
  const file = ours?.to.exports[ours.subpath];
  return ours && file && posix.join("packages", ours.to.folder, file);
}

/** `@scope/name/sub` → `@scope/name`, `name/sub` → `name`. */
export function libraryOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}
