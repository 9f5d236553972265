// Postgres for tests. It refuses to run as root: then it runs as the user postgres, which comes with its package.
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { answers, endingWithTests, freePort, startServer, type TestServer, temporaryFolder } from "./server-process.ts";

const isRoot = process.getuid?.() === 0;
const programs = programFolder();
const postgresUser = isRoot ? numberOf("-u") : undefined;
const postgresGroup = isRoot ? numberOf("-g") : undefined;

export const hasPostgres = programs !== undefined && (!isRoot || postgresUser !== undefined);
if (!hasPostgres) console.warn("There is no Postgres here: the tests that need it are skipped.");

export async function startPostgres(): Promise<TestServer> {
  if (!programs) throw new Error("Postgres is not installed.");
  const [folder, port] = await Promise.all([temporaryFolder("postgres"), freePort()]);
  if (postgresUser !== undefined && postgresGroup !== undefined) chownSync(folder, postgresUser, postgresGroup);
  const data = join(folder, "data");
  const [command = "", ...rest] = endingWithTests("SIGKILL", join(programs, "initdb"), unprivileged());
  const made = spawnSync(command, [...rest, "-D", data, "-U", "beseda", "-A", "trust", "--no-sync"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  // "fast": clients are sent away.
  const stopSignal = "SIGINT";
  const [program = "", ...before] = endingWithTests(stopSignal, join(programs, "postgres"), unprivileged());
  const settings = [
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    `port=${port}`,
    "-c",
    `unix_socket_directories=${folder}`,
  ];
  return startServer({
    url: `postgres://beseda@127.0.0.1:${port}/postgres`,
    folder,
    port,
    command: program,
    arguments: [...before, "-D", data, ...settings],
    stopSignal,
    isReady: () => answers(port, startupMessage(), "R"),
  });
}

/** What a client begins with: the length, protocol 3.0, user and database. The answer R asks for, or grants, entry. */
function startupMessage(): Buffer {
  const words = Buffer.from("user\0beseda\0database\0postgres\0\0");
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + words.length, 0);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, words]);
}

function unprivileged(): string[] {
  if (postgresUser === undefined) return [];
  return [`--reuid=${postgresUser}`, `--regid=${postgresGroup}`, "--clear-groups"];
}

function programFolder(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, "bin")).find((folder) => existsSync(join(folder, "initdb")));
}

function numberOf(flag: "-u" | "-g"): number | undefined {
  const { status, stdout } = spawnSync("id", [flag, "postgres"], { encoding: "utf8" });
  return status === 0 ? Number(stdout) : undefined;
}
