// A real server of a test: a process of its own on loopback, which can be stopped, killed and started again.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TestServer {
  readonly url: string;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
  /** kill -9 */
  kill(): Promise<void>;
  /** On the same port, with the data that it kept. Resolves when it takes connections. */
  start(): Promise<void>;
  /** Ends it, and its files with it. */
  remove(): Promise<void>;
}

export type ServerCommand = {
  url: string;
  folder: string;
  port: number;
  command: string;
  arguments: readonly string[];
  stopSignal: NodeJS.Signals;
  /** Whether it takes work already. */
  isReady(port: number): Promise<boolean>;
};

export async function startServer(server: ServerCommand): Promise<TestServer> {
  let child: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, "exit");
    ending.kill(signal);
    await exited;
  };
  const start = async () => {
    const output: string[] = [];
    const starting = spawn(server.command, server.arguments, { cwd: server.folder, stdio: ["ignore", "pipe", "pipe"] });
    starting.stdout.on("data", (bytes) => output.push(String(bytes)));
    starting.stderr.on("data", (bytes) => output.push(String(bytes)));
    child = starting;
    while (!(await server.isReady(server.port))) {
      if (starting.exitCode !== null)
        throw new Error(`${server.command} ended at once: ${output.join("").slice(-2_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  process.once("exit", () => child?.kill("SIGKILL"));
  await start();
  return {
    url: server.url,
    start,
    stop: () => end(server.stopSignal),
    kill: () => end("SIGKILL"),
    async remove() {
      // Postgres leaves shared memory behind where it is killed.
      await end(server.stopSignal);
      await rm(server.folder, { recursive: true, force: true });
    },
  };
}

const hasSetpriv = spawnSync("setpriv", ["--pdeathsig", "TERM", "true"]).status === 0;

/**
 * The command by which a program is told to end when the process of the tests is gone, however that came, where the system can
 * do so. `setpriv` becomes the program: a signal to it is one to the program.
 */
export function endingWithTests(signal: NodeJS.Signals, program: string, privileges: readonly string[] = []): string[] {
  const options = [...(hasSetpriv ? ["--pdeathsig", signal] : []), ...privileges];
  return options.length > 0 ? ["setpriv", ...options, program] : [program];
}

/** In memory where the system has such a disk: what is tested are processes that end, not machines. */
export function temporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(existsSync(memoryDisk) ? memoryDisk : tmpdir(), `beseda-${name}-`));
}

const memoryDisk = "/dev/shm";

/** One that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Sends a line and tells whether the answer begins with what is expected. */
export function answers(port: number, question: string | Uint8Array, expected: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (answer: boolean) => {
      resolve(answer);
      socket.destroy();
    };
    socket.once("connect", () => socket.write(question));
    socket.once("data", (bytes) => settle(String(bytes).startsWith(expected)));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
