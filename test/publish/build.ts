// pnpm build: each package's exports and commands as plain ESM JavaScript with declarations, in its dist.
// The JavaScript is bundled, a few files a package: plain compiled files, one for each source, start a quarter slower.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build } from "esbuild";
import ts from "typescript";

type Manifest = { exports?: Record<string, string>; publishConfig?: { bin?: Record<string, string> } };

const root = join(import.meta.dirname, "../..");
const packages = readdirSync(join(root, "packages")).map((name) => {
  const folder = join(root, "packages", name);
  return { folder, entries: entriesOf(folder) };
});

for (const { folder } of packages) rmSync(join(folder, "dist"), { recursive: true, force: true });
if (emitDeclarations()) {
  await Promise.all(packages.map(bundle));
  console.log(`Built ${packages.map(({ folder }) => relative(root, folder)).join(", ")}.`);
} else {
  process.exitCode = 1;
}

/** Only what can be reached from these is built, so no test is. */
function entriesOf(folder: string): string[] {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const commands = Object.values(manifest.publishConfig?.bin ?? {}).map(sourceOf);
  return [...Object.values(manifest.exports ?? {}), ...commands].map((path) => join(folder, path));
}

/** `./dist/main.js` → `./src/main.ts` */
function sourceOf(built: string): string {
  return built.replace("./dist/", "./src/").replace(/\.js$/, ".ts");
}

/** What every package depends on stays outside; what two of its entries share is there once. */
function bundle({ folder, entries }: (typeof packages)[number]) {
  return build({
    entryPoints: entries,
    outbase: join(folder, "src"),
    outdir: join(folder, "dist"),
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    logLevel: "warning",
  });
}

/** False, with the reasons told, where the types do not hold. */
function emitDeclarations(): boolean {
  const entries = packages.flatMap((each) => each.entries);
  const program = ts.createProgram(entries, compilerOptions());
  const problems = ts.getPreEmitDiagnostics(program);
  if (problems.length > 0) {
    console.error(ts.formatDiagnosticsWithColorAndContext(problems, formatHost()));
    return false;
  }
  program.emit(undefined, (path, text) => ts.sys.writeFile(path.replace("/src/", "/dist/"), withBuiltSpecifiers(text)));
  return true;
}

/** Those of tsconfig.json; output beside the sources, where the writer above parts them. */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  const output = join(root, "packages").split(sep).join("/");
  return { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, rootDir: output, outDir: output };
}

/** The compiler leaves `./message.ts` in declarations; `./message.js` suits every consumer. */
function withBuiltSpecifiers(declarations: string): string {
  return declarations.replace(/(\bfrom |\bimport\(|\bimport )"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"');
}

function formatHost(): ts.FormatDiagnosticsHost {
  return { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => "\n" };
}
