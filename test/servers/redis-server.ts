// Redis for tests.
import { spawnSync } from "node:child_process";
import { answers, endingWithTests, freePort, startServer, type TestServer, temporaryFolder } from "./server-process.ts";

export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
if (!hasRedis) console.warn("There is no redis-server here: the tests that need it are skipped.");

export type RedisSettings = {
  /** Whether it keeps its data over a restart, each write before it is answered. Default true. */
  isPersistent?: boolean;
  maxmemoryPolicy?: string;
};

export async function startRedis({
  isPersistent = true,
  maxmemoryPolicy = "noeviction",
}: RedisSettings = {}): Promise<TestServer> {
  const [folder, port] = await Promise.all([temporaryFolder("redis"), freePort()]);
  const kept = isPersistent ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
  const settings = ["--maxmemory-policy", maxmemoryPolicy, "--maxmemory", "1gb", "--save", ""];
  const stopSignal = "SIGTERM";
  const [command = "", ...before] = endingWithTests(stopSignal, "redis-server");
  return startServer({
    url: `redis://127.0.0.1:${port}`,
    folder,
    port,
    command,
    arguments: [...before, "--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, ...kept, ...settings],
    stopSignal,
    isReady: () => answers(port, "PING\r\n", "+PONG"),
  });
}
