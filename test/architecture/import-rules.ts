// Who may import whom: packages, the floors inside core, cycles, doors of libraries, declared dependencies.
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { Source } from "./source.ts";
import { libraryOf, ourTarget, packageOf, targetPath, type Workspace } from "./workspace.ts";

/** Gives a sentence with file and rule for each violation. */
export type Rule = (sources: Source[], workspace: Workspace) => string[];

const mayImport: Record<string, string[]> = {
  core: [],
  tools: ["core"],
  memory: ["core"],
  providers: ["core"],
  jobs: ["core"],
  channels: ["core"],
  studio: ["core", "tools", "memory", "providers", "jobs", "channels"],
};

export const packagesFormAStar: Rule = (sources, workspace) =>
  eachImport(sources, ({ path, isTest }, specifier) => {
    const from = packageOf(path, workspace);
    if (specifier.startsWith(".")) {
      const home = from ? `packages/${from.folder}/src/` : undefined;
      const target = posix.join(posix.dirname(path), specifier);
      if (isTest && target.startsWith("test/fakes/")) return undefined;
      if (home && !target.startsWith(home)) return `${path} reaches for ${specifier}: a package stays in its own src`;
      if (!home && target.startsWith("packages/"))
        return `${path} reaches for ${specifier}: packages are imported by name`;
      return undefined;
    }
    const ours = ourTarget(specifier, workspace);
    if (!ours || !from) return undefined;
    const allowed = mayImport[from.folder];
    if (!allowed) return `${path}: the package ${from.folder} has no place in the star yet`;
    if (allowed.includes(ours.to.folder)) return undefined;
    return `${path} imports ${specifier}: ${from.folder} may import ${allowed.join(", ") || "nothing of ours"}`;
  });

export const onlyDeclaredSubpaths: Rule = (sources, workspace) =>
  eachImport(sources, ({ path }, specifier) => {
    const ours = ourTarget(specifier, workspace);
    if (!ours || ours.subpath in ours.to.exports) return undefined;
    return `${path} imports ${specifier}: ${ours.to.name} exports ${Object.keys(ours.to.exports).join(", ")}`;
  });

export const noRootExport: Rule = (_sources, { packages }) =>
  packages
    .filter(({ folder, exports }) => ["providers", "channels"].includes(folder) && "." in exports)
    .map(({ folder }) => `packages/${folder}/package.json exports ".": ${folder} has subpaths only`);

type Floors = Record<string, Record<string, "all" | "type">>;

/** What each room of core may import besides itself; `type` where only the types. */
const coreFloors: Floors = {
  message: {},
  errors: {},
  http: { errors: "all", message: "type" },
  tool: { message: "all", errors: "all" },
  ports: { tool: "all", message: "all", errors: "all" },
  "estimate-usage": { ports: "type", message: "all" },
  tape: { http: "all", message: "type", errors: "all" },
  models: {
    "estimate-usage": "all",
    tape: "all",
    http: "all",
    ports: "all",
    tool: "all",
    message: "all",
    errors: "all",
  },
  reasoning: { models: "all", ports: "all", tool: "all", message: "all", errors: "all" },
  agent: { reasoning: "all", "estimate-usage": "all", ports: "all", tool: "all", message: "all", errors: "all" },
  traces: { agent: "type", ports: "type", tool: "all", message: "type" },
  evals: { agent: "all", ports: "type", tool: "all", message: "all", errors: "all" },
  index: {
    agent: "all",
    models: "all",
    reasoning: "all",
    "estimate-usage": "all",
    ports: "all",
    tool: "all",
    message: "all",
    errors: "all",
  },
};

const jobsFloors: Floors = {
  "iso-time": {},
  "first-signal": {},
  files: {},
  journal: { "first-signal": "all" },
  worker: { "iso-time": "all" },
  datasets: { files: "all" },
  engines: { files: "all", "iso-time": "all", "first-signal": "all" },
  batches: { datasets: "all", journal: "all", worker: "all", "first-signal": "all", "iso-time": "all" },
  jobs: { batches: "type", journal: "type" },
  operations: { batches: "all", journal: "all", worker: "all", jobs: "type", "iso-time": "all" },
  "create-jobs": { operations: "all", batches: "all", worker: "all", jobs: "type" },
  index: { "create-jobs": "all", engines: "all", files: "all", jobs: "type", batches: "type", journal: "type" },
};

export const coreImportsGoDown: Rule = (sources) => importsGoDown("core", coreFloors, sources);
export const jobsImportsGoDown: Rule = (sources) => importsGoDown("jobs", jobsFloors, sources);

function importsGoDown(folder: string, allFloors: Floors, sources: Source[]): string[] {
  return eachImport(sources, ({ path, isTest }, specifier, typeOnly) => {
    const from = roomIn(folder, path);
    if (!from || isTest || from === "testing" || !specifier.startsWith(".")) return undefined;
    const to = roomIn(folder, posix.join(posix.dirname(path), specifier));
    if (!to || to === from) return undefined;
    const floors = allFloors[from];
    if (!floors) return `${path}: the room ${from} has no floor in ${folder} yet`;
    if (floors[to] === "all" || (floors[to] === "type" && typeOnly)) return undefined;
    if (floors[to] === "type") return `${path} imports ${specifier}: ${from} may import types only from ${to}`;
    const others = Object.keys(floors).join(", ") || "nothing";
    return `${path} imports ${specifier}: inside ${folder} ${from} may import ${others}`;
  });
}

type Door = { room: string; files: "any" | "one" };

/** Where a library may be imported. Tests may import every library, to build what they test. */
const doors: Record<string, Door[]> = {
  undici: [{ room: "packages/core/src/http/", files: "any" }],
  "@opentelemetry/api": [{ room: "packages/core/src/traces/", files: "any" }],
  eventemitter3: [{ room: "packages/core/src/agent/event-bus.ts", files: "one" }],
  "zod-to-json-schema": [{ room: "packages/core/src/tool/json-schema.ts", files: "one" }],
  "@cfworker/json-schema": [{ room: "packages/core/src/tool/", files: "one" }],
  lowdb: [{ room: "packages/memory/src/", files: "one" }],
  "ipaddr.js": [{ room: "packages/tools/src/", files: "one" }],
  entities: [{ room: "packages/tools/src/", files: "one" }],
  "@grpc/grpc-js": [{ room: "packages/providers/src/yandex/grpc/", files: "any" }],
  protobufjs: [{ room: "packages/providers/src/yandex/grpc/", files: "any" }],
  hyparquet: [
    { room: "packages/providers/src/yandex/grpc/", files: "one" },
    { room: "packages/jobs/src/datasets/parquet/", files: "any" },
  ],
  "hyparquet-writer": [{ room: "packages/jobs/src/datasets/parquet/", files: "one" }],
  "hyparquet-compressors": [{ room: "packages/jobs/src/datasets/parquet/", files: "one" }],
  "csv-parse": [{ room: "packages/jobs/src/datasets/csv/", files: "one" }],
  libsql: [{ room: "packages/jobs/src/engines/local/open-libsql.ts", files: "one" }],
  aws4fetch: [{ room: "packages/jobs/src/files/", files: "one" }],
  bullmq: [{ room: "packages/jobs/src/engines/bullmq/", files: "one" }],
  commander: [{ room: "packages/studio/src/", files: "any" }],
  grammy: [{ room: "examples/", files: "any" }],
  "@slack/bolt": [{ room: "examples/", files: "any" }],
};

export const oneDoorPerLibrary: Rule = (sources) => {
  const opened = new Map<Door, string>();
  return eachImport(sources, ({ path, isTest }, specifier) => {
    if (isTest || path.startsWith("test/")) return undefined;
    const library = libraryOf(specifier);
    const allowed = doors[library];
    if (!allowed) return undefined;
    const door = allowed.find(({ room }) => path.startsWith(room));
    if (!door) return `${path} imports ${library}: its door is ${allowed.map(({ room }) => room).join(" or ")}`;
    const first = opened.get(door) ?? path;
    opened.set(door, first);
    if (door.files === "any" || first === path) return undefined;
    return `${path} imports ${library}: its one door is already ${first}`;
  });
};

/** Loads what the user names. */
const loader = "packages/studio/src/load-agent.ts";

export const importsAreDeclared: Rule = (sources, workspace) =>
  sources.flatMap(({ path, isTest, imports }) => {
    const from = packageOf(path, workspace);
    const declared = [...(from?.dependencies ?? []), ...(isTest || !from ? workspace.rootDependencies : [])];
    return imports.flatMap(({ specifier }) => {
      if (specifier === undefined) {
        return from && !isTest && path !== loader
          ? [`${path} imports what only running it can tell: name the module in the code`]
          : [];
      }
      if (specifier.startsWith(".") || specifier.startsWith("node:")) return [];
      if (isBuiltin(specifier)) return [`${path} imports ${specifier}: write node:${specifier}`];
      if (declared.includes(libraryOf(specifier))) return [];
      return [`${path} imports ${specifier}: ${from ? `packages/${from.folder}` : "the root"} does not declare it`];
    });
  });

export const dependenciesAreImported: Rule = (sources, workspace) =>
  workspace.packages.flatMap(({ folder, dependencies }) => {
    const own = sources.filter(({ path, isTest }) => path.startsWith(`packages/${folder}/`) && !isTest);
    const imported = new Set(own.flatMap(({ imports }) => imports.map(({ specifier }) => libraryOf(specifier ?? ""))));
    return dependencies
      .filter((dependency) => !imported.has(dependency))
      .map((dependency) => `packages/${folder}/package.json declares ${dependency}: no source of it imports that`);
  });

/** Type imports count: a knot of types is a knot. Each cycle is told once, by the file where it was met first. */
export const noImportCycles: Rule = (sources, workspace) => {
  const targets = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.flatMap(({ specifier }) => (specifier && targetPath(path, specifier, workspace)) ?? []),
    ]),
  );
  const left = new Set<string>();
  const cycles: string[] = [];
  const walk = (path: string, trail: string[]) => {
    if (trail.includes(path)) {
      cycles.push(`${path} imports itself in a circle: ${[...trail.slice(trail.indexOf(path)), path].join(" → ")}`);
      return;
    }
    if (left.has(path)) return;
    for (const target of targets.get(path) ?? []) walk(target, [...trail, path]);
    left.add(path);
  };
  for (const path of targets.keys()) walk(path, []);
  return cycles;
};

function roomIn(folder: string, path: string): string | undefined {
  const start = `packages/${folder}/src/`;
  return path.startsWith(start) ? /^[^/.]+/.exec(path.slice(start.length))?.[0] : undefined;
}

function eachImport(
  sources: Source[],
  judge: (source: Source, specifier: string, typeOnly: boolean) => string | undefined,
): string[] {
  return sources.flatMap((source) =>
    source.imports.flatMap(({ specifier, typeOnly }) =>
      specifier === undefined ? [] : (judge(source, specifier, typeOnly) ?? []),
    ),
  );
}
